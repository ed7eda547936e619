"""Fewer triangles: never farther than asked, the rim and the seams of the texture where they were, always the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heritage3d.deviation import certified, sampling
from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model, Primitive, compacted
from heritage3d.simplification import by_error
from heritage3d.simplification.by_error import ByError
from tests.gltf import models
from tests.mesh import shapes

MM = 1000.0


def surface_of(model: Model, centre: np.ndarray | None = None) -> Surface:
    positions, faces = model.surface()
    return Surface(positions * MM, faces, centre)


def rough_ball(rounds: int = 5, depth: float = 0.0002) -> Model:
    """A ball of 200 mm with furrows, without texture."""
    positions, faces = shapes.sphere(rounds, 0.1)
    waves = 1 + depth / 0.1 * np.sin(40 * positions[:, 0] / 0.1) * np.cos(23 * positions[:, 1] / 0.1)
    return Model((Primitive(positions * waves[:, None], faces),), unit="m")


def textured_bowl(columns: int = 60) -> Model:
    smooth = models.bowl(columns)
    angle = np.arctan2(smooth.positions[:, 2], smooth.positions[:, 0])
    positions = np.stack([0.1 * np.cos(angle), smooth.positions[:, 1], 0.1 * np.sin(angle)], axis=1)
    positions[:, :2] += 0.0004 * np.sin(60 * positions[:, [1]])
    return Model((replace(smooth, positions=positions, colours=None, material=0),), ({},), unit="m")


def within(model: Model, limit: float, share: float = 1.0) -> tuple[Model | None, int]:
    """What the ladder does: propose, prove, forbid, until the limit is proved; and the number of proposals."""
    master = surface_of(model)
    thinner = ByError(model, master, MM, limit, share)
    for number in range(1, 9):
        thin = thinner.next()
        if thin is None:
            return None, number
        small = surface_of(thin, master.centre)
        ways = ((master, small), (small, master))
        far = [certified.beyond(start, end, limit) for start, end in ways]
        if not any(len(points) for points in far):
            return thin, number
        thinner.forbid(np.concatenate(far))
    return None, number


# --- to an error ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0.1, 0.5])
def test_an_error_is_never_crossed(limit: float) -> None:
    model = rough_ball()
    thin, _ = within(model, limit)
    assert thin is not None
    assert thin.triangles < 0.9 * model.triangles
    master = surface_of(model)
    small = surface_of(thin, master.centre)
    assert certified.certified(master, small, 0.002).at_most(limit).upper <= limit
    # Not by our own proof alone: many points of either surface, measured to all triangles of the other.
    for start, end in ((master, small), (small, master)):
        points = sampling.spread(start, 100)
        assert float(shapes.distance(points, (end.positions, end.faces.astype(np.uint32))).max()) <= limit


def test_more_error_gives_fewer_triangles() -> None:
    model = rough_ball()
    counts = [thin.triangles for limit in (0.1, 0.3, 1.0) if (thin := within(model, limit)[0]) is not None]
    assert len(counts) == 3
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < counts[0] / 5


def test_no_error_gives_no_level() -> None:
    assert within(rough_ball(3), 1e-7)[0] is None


def test_what_is_proposed_keeps_the_limit_at_all_corners() -> None:
    model = rough_ball()
    master = surface_of(model)
    thin = ByError(model, master, MM, 0.3, 1.0).next()
    assert thin is not None
    small = surface_of(thin, master.centre)
    assert small.nearest(master.positions).distance.max() <= 0.3
    assert master.nearest(small.positions).distance.max() <= 0.3


def test_a_forbidden_place_is_held_more_tightly() -> None:
    model = rough_ball()
    master = surface_of(model)
    thinner = ByError(model, master, MM, 0.5)
    near = np.linalg.norm(master.positions - np.array([0.0, 0, 100]), axis=1) < 12
    before = thinner.next()
    for _ in range(6):
        thinner.forbid(master.positions[near])
    after = thinner.next()
    assert before is not None
    assert after is not None
    far = [surface_of(thin, master.centre).nearest(master.positions).distance for thin in (before, after)]
    assert far[0][near].max() > 0.25
    assert far[1][near].max() < 0.15
    assert far[1][~near].max() > 0.25


# --- what must stay ------------------------------------------------------------------------------------------


def rim(model: Model) -> np.ndarray:
    """The edges that one triangle alone has, places taken together: their ends, (n, 2, 3)."""
    positions, faces = model.surface()
    place = np.unique(np.round(positions, 7), axis=0, return_inverse=True)
    faces = place[1].reshape(-1)[faces]
    ends = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, counts = np.unique(ends, axis=0, return_counts=True)
    return np.asarray(place[0][edges[counts == 1]])


def test_the_rim_stays_within_the_error_and_no_crack_opens_along_the_seam() -> None:
    model, limit = textured_bowl(), 0.2
    thin, _ = within(model, limit)
    assert thin is not None
    before, after = rim(model), rim(thin)
    length = [float(np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1).sum()) for edges in (before, after)]
    # A crack along the seam would add twice its 300 mm to a rim of about 1100.
    assert length[1] == pytest.approx(length[0], rel=0.02)
    ends = after.reshape(-1, 3) * MM
    nearest = np.linalg.norm(ends[:, None] - before.reshape(-1, 3)[None] * MM, axis=2).min(axis=1)
    assert nearest.max() < 6  # the rim of the master has a corner every five millimetres


def test_texture_places_move_with_the_surface() -> None:
    model, limit = textured_bowl(), 0.2
    thin, _ = within(model, limit)
    assert thin is not None
    old, new = model.primitives[0], thin.primitives[0]
    assert new.material == 0
    assert new.normals is not None
    assert np.linalg.norm(new.normals, axis=1) == pytest.approx(np.ones(len(new.normals)), abs=1e-5)
    # Each half of the bowl has its own half of the texture; no triangle may span both.
    halves = (new.uvs[0][:, 0] > 0.5)[new.faces]
    assert (halves.all(axis=1) | ~halves.any(axis=1)).all()
    # The texture place of a vertex is a known function of its place; it may be off as far as the surface may.
    angle = np.arctan2(new.positions[:, 2], new.positions[:, 0]) / np.pi
    u = (angle - 0.1) / 0.8
    expected = np.where(new.uvs[0][:, 0] > 0.5, 0.95 - 0.4 * (u - 0.5), 0.9 * u)
    assert np.abs(new.uvs[0][:, 0] - expected).max() < 0.01
    assert np.abs(new.uvs[0][:, 1] - new.positions[:, 1] / 0.3).max() < 0.01
    assert new.uvs[0].shape[1] == old.uvs[0].shape[1]


def test_parts_keep_their_materials_and_touch_as_before() -> None:
    whole = textured_bowl(40).primitives[0]
    left = whole.positions[whole.faces].mean(axis=1)[:, 1] < 0.15
    parts = tuple(
        compacted(replace(whole, faces=whole.faces[rows], material=at)) for at, rows in enumerate((left, ~left))
    )
    model = Model(parts, ({}, {"doubleSided": True}), unit="m")
    thin, _ = within(model, 0.2)
    assert thin is not None
    assert [part.material for part in thin.primitives] == [0, 1]
    length = [float(np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1).sum()) for edges in (rim(model), rim(thin))]
    assert length[1] == pytest.approx(length[0], rel=0.02)


def test_colours_go_along() -> None:
    model = rough_ball()
    part = model.primitives[0]
    colours = np.ones((len(part.positions), 4), np.float32)
    colours[:, 0] = part.positions[:, 2] > 0
    thin = by_error.to_number(Model((replace(part, colours=colours),)), 2000).primitives[0]
    assert thin.colours is not None
    sure = np.abs(thin.positions[:, 2]) > 0.012
    assert (np.abs(thin.colours[sure, 0] - (thin.positions[sure, 2] > 0)) < 0.1).mean() > 0.99
    assert (thin.colours[:, 1:] > 0.99).all()


# --- to a number ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [100, 2000, 6000])
def test_a_number_of_triangles_is_met(wanted: int) -> None:
    model = rough_ball()
    thin = by_error.to_number(model, wanted)
    assert wanted * 0.9 <= thin.triangles <= wanted
    assert np.isfinite(thin.surface()[0]).all()
    assert by_error.to_number(model, model.triangles + 1) is model


def test_the_result_is_the_same_each_time() -> None:
    model = textured_bowl()
    one, two = within(model, 0.2)[0], within(model, 0.2)[0]
    assert one is not None
    assert two is not None
    for name in ("positions", "faces", "normals"):
        assert np.array_equal(getattr(one.primitives[0], name), getattr(two.primitives[0], name))
    ball = rough_ball()
    first, second = by_error.to_number(ball, 1000), by_error.to_number(ball, 1000)
    assert np.array_equal(first.surface()[0], second.surface()[0])
    assert np.array_equal(first.surface()[1], second.surface()[1])
