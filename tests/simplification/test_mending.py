"""Corners where a simplified surface went too far: it comes near enough, nothing opens, the rest stays as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model, Primitive, compacted
from heritage3d.simplification import by_error, mending, preparing, resuming, sampling
from heritage3d.simplification.splitting import Splitting
from tests.simplification.test_by_error import MM, rim, rough_ball, surface_of, textured_bowl


@pytest.mark.parametrize("model", [rough_ball(), textured_bowl()], ids=["ball", "bowl with texture"])
def test_what_went_too_far_comes_back(model: Model) -> None:
    master = surface_of(model)
    thin = by_error.to_number(model, model.triangles // 8)
    limit = 0.85 * mending.deviation(thin, master, MM)
    far = mending.beyond(thin, master, MM, limit)
    assert len(far)
    mended, left = mending.mended(thin, master, MM, limit, far)
    assert not len(left)
    assert not len(mending.beyond(mended, master, MM, limit))
    assert thin.triangles < mended.triangles < 1.2 * thin.triangles
    # No edge came open: the ends of the rim may only be more, on the same line.
    assert len(rim(mended)) <= len(rim(thin)) + mended.triangles - thin.triangles
    if not len(rim(thin)):
        assert not len(rim(mended))


def test_what_is_near_enough_stays_as_it_is() -> None:
    model = rough_ball(4)
    thin = by_error.to_number(model, model.triangles // 4)
    same, left = mending.mended(thin, surface_of(model), MM, 10.0, np.empty((0, 3)))
    assert same is thin
    assert not len(left)


def two_parts() -> Model:
    """Two squares of two triangles in two materials, side by side along x = 0, with texture places."""
    positions = np.array([[-1.0, 0, 0], [0, 0, 0], [0, 0, 1], [-1, 0, 1], [1, 0, 0], [1, 0, 1]])
    uvs = positions[:, [0, 2]].astype(np.float32)
    left = Primitive(positions, np.array([[0, 1, 2], [0, 2, 3]], np.uint32), uvs=(uvs,), material=0)
    right = replace(left, faces=np.array([[1, 4, 5], [1, 5, 2]], np.uint32), uvs=(uvs + 5,), material=1, invented=True)
    return Model((compacted(left), compacted(right)), ({}, {}))


def test_an_edge_between_parts_is_split_on_both_sides() -> None:
    model = two_parts()
    split = Splitting(model)
    assert split.along(0, 1, 0.25, np.array([0, 0.1, 0.25]))
    made, new = split.result()
    assert made.triangles == 6
    assert [len(entry.faces) for entry in made.primitives] == [3, 3]
    assert [entry.invented for entry in made.primitives] == [False, True]
    for entry, shift in zip(made.primitives, (0.0, 5.0), strict=True):
        assert np.allclose(entry.positions[-1], [0, 0.1, 0.25])
        assert np.allclose(entry.uvs[0][-1], [shift, 0.25 + shift])
    assert sorted(new.tolist()) == [1, 2, 4, 5]
    # A face is split once: what was judged beside it no longer holds.
    assert not split.inside(0, np.full(3, 1 / 3), np.array([-0.4, 0, 0.4]))


def test_a_corner_that_would_turn_a_face_over_is_refused() -> None:
    split = Splitting(two_parts())
    assert not split.inside(0, np.full(3, 1 / 3), np.array([2.0, 0, 0.5]))
    assert not len(split.gone)


def test_a_second_try_without_a_change_gives_the_same() -> None:
    model = rough_ball()
    source = preparing.bundle(model)
    riders = sampling.riders(source, 0.0003, 1.0)
    first = source.working()
    trail = resuming.within(first, riders)
    assert trail is not None
    assert trail.mesh.triangles > first.triangles
    again, _ = resuming.again(trail, np.zeros(0, np.int64))
    assert np.array_equal(first.face_places, again.face_places)
    assert np.array_equal(first.points, again.points)


def test_levelling_lowers_the_greatest_deviation_at_the_same_number() -> None:
    model = rough_ball(5, 0.0006)
    master = surface_of(model)
    plain = by_error.to_number(model, model.triangles // 3)
    level = by_error.levelled(model, master, MM, model.triangles // 3)
    assert level.triangles <= plain.triangles
    far = [mending.deviation(entry, master, MM) for entry in (plain, level)]
    assert far[1] < 0.85 * far[0]


def test_surfaces_are_the_same_however_their_triangles_are_named() -> None:
    chance = np.random.default_rng(3)
    positions, faces = chance.random((60, 3)), chance.integers(0, 60, (100, 3))
    one = Surface(positions, faces, np.zeros(3))
    order = chance.permutation(60)
    other = Surface(positions[order], np.argsort(order)[np.roll(faces, 1, axis=1)][::-1], np.zeros(3))
    assert one.same_as(other)
    moved = positions.copy()
    moved[faces[0, 0], 0] += 1e-12
    assert not one.same_as(Surface(moved, faces, np.zeros(3)))
