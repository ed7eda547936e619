"""What a collapse of edges must keep: the topology, borders, closed seams, texture places; whatever the input."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from heritage3d.deviation import certified
from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model, Primitive, compacted
from heritage3d.mesh.places import welded
from heritage3d.simplification import by_error, preparing, resuming, rounds, sampling
from heritage3d.simplification.by_error import ByError
from tests.benchmarks.relief import relief
from tests.gltf import models
from tests.mesh import shapes

MM = 1000.0


def stone() -> Model:
    return relief(90)


@functools.cache
def thinned() -> list[Model]:
    return both(stone())


def both(model: Model) -> list[Model]:
    """The model in both ways: to a number and to an error."""
    positions, faces = model.surface()
    thin = ByError(model, Surface(positions * MM, faces), MM, 0.4).next()
    assert thin is not None
    return [by_error.to_number(model, model.triangles // 8), thin]


def edges_of(model: Model) -> np.ndarray:
    """How many faces each edge has, vertices at one place taken together."""
    positions, faces = model.surface()
    place = welded(positions)[faces]
    ends = np.sort(np.concatenate([place[:, [0, 1]], place[:, [1, 2]], place[:, [2, 0]]]), axis=1)
    return np.asarray(np.unique(ends, axis=0, return_counts=True)[1])


def euler(model: Model) -> int:
    positions, faces = model.surface()
    return len(np.unique(welded(positions)[faces])) - len(edges_of(model)) + len(faces)


def border_length(model: Model) -> float:
    positions, faces = model.surface()
    place = welded(positions)
    ends = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, first, count = np.unique(np.sort(place[ends], axis=1), axis=0, return_index=True, return_counts=True)
    lone = ends[first[count == 1]]
    return float(np.linalg.norm(positions[lone[:, 0]] - positions[lone[:, 1]], axis=1).sum())


def test_the_topology_and_the_borders_stay() -> None:
    model = stone()
    for thin in thinned():
        assert thin.triangles < model.triangles / 3
        # A crack along the seam would show as edges with one face; there are two open poles and no more.
        assert edges_of(thin).max() == 2
        assert euler(thin) == euler(model) == 0
        assert border_length(thin) == pytest.approx(border_length(model), rel=0.02)


def test_texture_places_follow_the_surface_and_are_not_mirrored() -> None:
    model = stone()
    old = model.primitives[0]
    surface = Surface(old.positions * MM, old.faces)
    for thin in thinned():
        new = thin.primitives[0]
        uv, corners = new.uvs[0][new.faces].astype(float), new.positions[new.faces]
        one, two = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
        turn = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
        assert (turn < 0).all()  # as every triangle of the sphere has it
        # Across each face, on its seam side too, u is the longitude and v the latitude, to two millimetres.
        weights = np.array([[1 / 3] * 3, [0.5, 0.5, 0], [0, 0.5, 0.5], [0.8, 0.1, 0.1]])
        points = np.einsum("wk,nkj->nwj", weights, corners).reshape(-1, 3)
        places = np.einsum("wk,nkj->nwj", weights, uv).reshape(-1, 2)
        longitude = np.arctan2(-points[:, 2], points[:, 0]) / (2 * np.pi) % 1
        around = np.hypot(points[:, 0], points[:, 2]) * 2 * np.pi
        away = np.abs((places[:, 0] - longitude + 0.5) % 1 - 0.5) * around
        assert np.percentile(away, 99) < 0.0025
        assert new.normals is not None
        assert np.linalg.norm(new.normals, axis=1) == pytest.approx(np.ones(len(new.normals)), abs=1e-5)
        assert surface.nearest(new.positions * MM - surface.centre).distance.max() < 1.0


def test_texture_places_slide_no_farther_than_told() -> None:
    model, limit, drift = stone(), 0.3, 0.2
    positions, faces = model.surface()
    thin = ByError(model, Surface(positions * MM, faces), MM, limit, 1.0, drift).next()
    loose = ByError(model, Surface(positions * MM, faces), MM, limit, 1.0, 1e9).next()
    assert thin is not None
    assert loose is not None
    assert loose.triangles < thin.triangles
    # Each vertex of the original finds its own texture place within reach: by the surface's error and the drift.
    new = thin.primitives[0]
    across = 2 * np.pi * 100  # millimetres of a whole turn, the widest there is
    small = Surface(np.column_stack([new.uvs[0].astype(float) * across, np.zeros(len(new.uvs[0]))]), new.faces)
    old = np.column_stack([model.primitives[0].uvs[0].astype(float) * across, np.zeros(model.vertices)])
    near = small.nearest(old - small.centre)
    assert near.distance.max() < 2 * drift  # the rim of the chart has moved no farther, too


@pytest.mark.parametrize("limit", [0.15, 0.4])
def test_the_limit_is_proved_after_a_few_questions(limit: float) -> None:
    model = stone()
    positions, faces = model.surface()
    master = Surface(positions * MM, faces)
    thinner = ByError(model, master, MM, limit)
    for _ in range(8):
        thin = thinner.next()
        assert thin is not None
        positions, faces = thin.surface()
        small = Surface(positions * MM, faces, master.centre)
        far = [certified.beyond(one, other, limit) for one, other in ((master, small), (small, master))]
        if not any(len(points) for points in far):
            break
        thinner.forbid(np.concatenate(far))
    assert certified.certified(master, small, 1e-4).lower <= limit
    assert not any(len(points) for points in far)


def test_parts_stay_together_and_invented_ones_apart() -> None:
    whole = models.bowl(40)
    left = whole.positions[whole.faces].mean(axis=1)[:, 1] < 0.15
    parts = (
        compacted(replace(whole, faces=whole.faces[left])),
        compacted(replace(whole, faces=whole.faces[~left], invented=True)),
    )
    model = Model(parts, unit="m")
    thin = by_error.to_number(model, model.triangles // 3)
    assert [part.invented for part in thin.primitives] == [False, True]
    assert edges_of(thin).max() == 2
    assert euler(thin) == euler(model)


def test_a_surface_that_is_shaded_flat_is_simplified_all_the_same() -> None:
    positions, faces = shapes.sphere(4, 0.1)
    corners = positions[faces].reshape(-1, 3)
    normals = np.repeat(np.cross(corners[1::3] - corners[::3], corners[2::3] - corners[::3]), 3, axis=0)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    loose = np.arange(len(corners), dtype=np.uint32).reshape(-1, 3)
    model = Model((Primitive(corners, loose, normals.astype(np.float32)),))
    thin = by_error.to_number(model, 400)
    assert 380 <= thin.triangles <= 400
    assert edges_of(thin).max() == 2


# --- any input -----------------------------------------------------------------------------------------------


def messy(kind: str) -> tuple[np.ndarray, np.ndarray]:
    positions, faces = shapes.relief(12, 0.02, 3)
    chance = np.random.default_rng(5)
    if kind == "duplicates":
        faces = np.concatenate([faces, faces[::3], faces[::7, ::-1]])
    elif kind == "three at an edge":
        more = np.array([[0.5, 0.5, 0.5]])
        fins = np.column_stack([faces[::5, :2], np.full(len(faces[::5]), len(positions))])
        positions, faces = np.concatenate([positions, more]), np.concatenate([faces, fins.astype(np.uint32)])
    elif kind == "bow tie":
        faces = faces[chance.random(len(faces)) < 0.5]
    elif kind == "no area":
        positions = positions.copy()
        positions[chance.integers(0, len(positions), 60)] = positions[3]
        positions[:, 1] *= chance.random(len(positions)) < 0.9
    elif kind == "all one point":
        positions = np.zeros_like(positions)
    elif kind == "soup":
        faces = chance.integers(0, len(positions), (400, 3)).astype(np.uint32)
    elif kind == "one":
        faces = faces[:1]
    elif kind == "flat":
        positions = positions * np.array([1.0, 1, 0])
    elif kind == "fan":
        around = np.arange(300) / 300 * 2 * np.pi
        positions = np.concatenate([[[0.0, 0, 0.1]], np.stack([np.cos(around), np.sin(around), 0 * around], axis=1)])
        rim = np.arange(300)
        faces = np.stack([0 * rim, rim + 1, (rim + 1) % 300 + 1], axis=1).astype(np.uint32)
    elif kind == "closed":
        positions, faces = shapes.sphere(0)
    elif kind == "large":
        positions = positions * 1e6 + 1e8
    return positions, faces


KINDS = (
    "duplicates", "three at an edge", "bow tie", "no area", "all one point", "soup", "one", "flat", "fan", "closed",
    "large",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("textured", [False, True])
def test_any_faces_end_well(kind: str, textured: bool) -> None:
    positions, faces = messy(kind)
    uvs = (np.random.default_rng(1).random((len(positions), 2)).astype(np.float32),) if textured else ()
    model = Model((Primitive(positions, faces, uvs=uvs),))
    before = edges_of(model)
    thin = by_error.to_number(model, 4)
    assert 0 < thin.triangles <= model.triangles
    for part in thin.primitives:
        assert np.isfinite(part.positions).all()
        assert part.faces.max() < len(part.positions)
    assert edges_of(thin).max() <= before.max()
    source = preparing.bundle(model)
    mesh = source.working()
    if mesh.triangles:
        resuming.within(mesh, sampling.riders(source, 0.01 * source.scale, source.scale))
        assert 0 < mesh.triangles <= model.triangles
        assert np.isfinite(mesh.points).all()


_DIGEST = """
import hashlib
from heritage3d.deviation.surface import Surface
from heritage3d.simplification import by_error, rounds
from tests.simplification.test_collapsing import both, digest, stone
print(digest(both(stone())))
"""


def digest(models_made: list[Model]) -> str:
    result = hashlib.sha256()
    for thin in models_made:
        for part in thin.primitives:
            for values in (part.positions, part.faces, part.normals, *part.uvs):
                assert values is not None
                result.update(values.tobytes())
    return result.hexdigest()


def test_the_result_is_the_same_on_one_thread_and_on_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_CHUNK", 512)  # so that there is work for several threads
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    one = digest(both(stone()))
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert digest(both(stone())) == one


def test_the_result_is_the_same_in_another_process() -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    told = subprocess.run([sys.executable, "-c", _DIGEST], capture_output=True, text=True, env=environment, check=True)
    assert told.stdout.strip() == digest(thinned())
