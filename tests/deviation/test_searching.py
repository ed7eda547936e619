"""The tree finds the nearest triangle, and the search gives the same answer whoever runs it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from heritage3d.deviation import certified, joining
from heritage3d.deviation.surface import Surface
from heritage3d.errors import MeshIndexOutOfRange
from tests.deviation.test_certified import needles, random_pair, soup
from tests.mesh import shapes
from tests.mesh.shapes import Mesh


def touching(rng: np.random.Generator) -> Mesh:
    """Sheets in one plane over one another, that share corners and edges with more than two, and degenerate ones."""
    flat, fan = shapes.plane(3, 3), shapes.plane(2, 2, side=0.5)
    positions = np.vstack([flat[0], fan[0], flat[0][:5], rng.uniform(0, 1, (6, 3))])
    first = len(flat[0]) + len(fan[0])
    more = np.array([[0, 1, first], [0, 1, first + 6], [1, 0, first + 7], [first, first, 2], [0, 4, 8]], np.uint32)
    return positions, np.concatenate([flat[1], fan[1] + np.uint32(len(flat[0])), more])


KINDS: dict[str, Callable[[np.random.Generator], Mesh]] = {
    "soup": lambda rng: soup(rng, 300),
    "needles": lambda rng: needles(rng, 100),
    "touching": touching,
    "sphere": lambda _rng: shapes.sphere(4),
    "one": lambda rng: soup(rng, 1),
    "relief": lambda _rng: shapes.relief(20, 0.2, 3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_triangle_is_found(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mesh = KINDS[kind](rng)
    surface = Surface(*mesh)
    on_it = surface.positions[rng.choice(surface.faces.reshape(-1), 100)] + rng.normal(0, 1e-6, (100, 3))
    points = np.concatenate(
        [rng.uniform(-1.5, 1.5, (300, 3)), on_it, surface.positions[surface.faces[:20]].mean(axis=1)]
    )
    found = surface.nearest(points)
    truth = shapes.distance(points, (surface.positions, surface.faces.astype(np.uint32)))
    # Thin triangles may be measured a little too long, never too short.
    assert (found.distance >= truth - 1e-14).all()
    assert (found.distance <= truth + (1e-5 if kind == "needles" else 1e-9)).all()
    place = np.einsum("nk,nkj->nj", found.weights, surface.corners(found.triangle))
    assert np.linalg.norm(points - place, axis=1) == pytest.approx(found.distance, abs=1e-12)
    assert found.weights.min() >= -1e-12


def test_the_answer_does_not_depend_on_the_order_of_faces_and_vertices() -> None:
    positions, faces = shapes.relief(12, 0.3, 1)
    other = Surface(*shapes.relief(9, 0.3, 2), np.zeros(3))
    rng = np.random.default_rng(5)
    turn = rng.permutation(len(positions))
    back = np.argsort(turn)
    shuffled = positions[turn], back[faces][rng.permutation(len(faces))].astype(np.uint32)
    ways = [certified.certified(Surface(*mesh, np.zeros(3)), other, 1e-5) for mesh in ((positions, faces), shuffled)]
    assert max(way.lower for way in ways) <= min(way.upper for way in ways)
    assert ways[0].lower == pytest.approx(ways[1].lower, rel=0.01)


@pytest.mark.parametrize("limit", [None, 0.05, 0.4])
def test_the_answer_does_not_depend_on_the_number_of_threads(
    limit: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for threads in ("1", "2", "7"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        one = Surface(*shapes.relief(70, 0.3, 1))
        other = Surface(*shapes.relief(61, 0.3, 2), one.centre)
        if limit is None:
            answers.append(certified.certified(one, other, 1e-5))
        else:
            verdict = certified.within(one, other, limit, 1e-5)
            answers.append((verdict.deviation, verdict.far.tobytes()))
    assert answers[0] == answers[1] == answers[2]


# --- a limit and the interval by one search ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_within_proves_the_limit_or_shows_where_it_is_broken(seed: int) -> None:
    meshes = random_pair(seed)
    one, other = (Surface(*mesh, np.zeros(3)) for mesh in meshes)
    truth = certified.certified(one, other, 1e-5, share=0.0)
    kept = certified.within(one, other, truth.upper * 1.0001 + 1e-6, 1e-4)
    assert kept.deviation is not None
    assert not len(kept.far)
    assert kept.deviation.lower <= truth.upper
    assert truth.lower <= kept.deviation.upper <= truth.upper * 1.0001 + 1e-6
    limit = truth.lower * 0.9 - 1e-6
    broken = certified.within(one, other, limit, 1e-4)
    assert broken.deviation is None
    far = [float(shapes.distance(broken.far, mesh).max()) for mesh in meshes]
    assert max(far) > limit
    # Every one of them lies on one of the surfaces.
    assert np.minimum(*(shapes.distance(broken.far, mesh) for mesh in meshes)).max() < 1e-9


@pytest.mark.parametrize("side", [False, True])
def test_within_finds_every_place(side: bool) -> None:
    flat, spiked = shapes.plane(13, 17), shapes.plane(20, 20)
    tips = [45, 210, 300, 395]
    spiked[0][tips, 2] = [0.5, 0.011, 0.3, 0.02]
    first = Surface(*spiked)
    pair = (first, Surface(*flat, first.centre))
    verdict = certified.within(*(pair[::-1] if side else pair), 0.01)
    away = np.linalg.norm((verdict.far + first.centre)[:, None, :2] - spiked[0][tips, :2], axis=2)
    assert (away.min(axis=0) < 0.05).all()


def test_within_says_so_where_the_cap_ends_the_proof() -> None:
    one, other = (Surface(*mesh, np.zeros(3)) for mesh in (shapes.relief(6, 0.3, 1), shapes.relief(5, 0.3, 2)))
    truth = certified.certified(one, other, 1e-6, share=0.0)
    verdict = certified.within(one, other, truth.upper * 1.001, cap=0)
    assert verdict.deviation is None
    assert len(verdict.far)


def test_a_fringe_of_needles() -> None:
    """Needles beside one another, as at the poles of a globe, under large triangles."""
    columns = 100
    x = np.linspace(0, 1, columns + 1)
    edge = np.stack([x, np.zeros_like(x), 1e-3 * np.sin(9 * x)], axis=1)
    points = np.concatenate([edge, edge + np.array([0, 1.0, 0])])
    at = np.arange(columns)
    faces = np.concatenate(
        [np.stack([at, at + 1, at + columns + 2], 1), np.stack([at, at + columns + 2, at + columns + 1], 1)]
    )
    one = Surface(*shapes.plane(2, 2), np.zeros(3))
    found = certified.certified(one, Surface(points, faces.astype(np.uint32), np.zeros(3)), 1e-6)
    assert found.forward.closed
    assert found.upper == pytest.approx(1e-3, rel=0.011)
    assert found.lower > 0.99e-3  # thin as they are, what is nearest is known well


# --- parts ---------------------------------------------------------------------------------------------------


def test_places_are_joined_as_sorting_does() -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(-2, 3, (500, 3)).astype(np.float64) * [1, -1, 1e-300]
    first = joining.welded((rows + 0.0).view(np.uint64))
    _, truth, inverse = np.unique(rows + 0.0, axis=0, return_index=True, return_inverse=True)
    assert (first == truth[inverse.reshape(-1)]).all()


def test_neighbours_share_the_edge() -> None:
    positions, faces = shapes.sphere(3)
    surface = Surface(positions, faces)
    for corner in range(3):
        other = surface.neighbours[:, corner]
        assert (other >= 0).all()
        edge = np.delete(surface.faces, corner, axis=1)
        shared = (surface.faces[other][:, :, None] == edge[:, None]).any(axis=1).all(axis=1)
        assert shared.all()
        assert (other != np.arange(len(faces))).all()
    border = Surface(*shapes.plane(5, 4)).neighbours
    assert (border < 0).sum() == 18


def test_one_vertex_of_all_triangles_does_not_stop_the_work() -> None:
    count = 100_000
    angle = 2 * np.pi * np.arange(count) / count
    rim = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1)
    points = np.vstack([[[0, 0, 0.5]], rim])
    at = np.arange(count)
    cone = Surface(points, np.stack([np.zeros(count, np.int64), at + 1, (at + 1) % count + 1], 1).astype(np.uint32))
    assert (cone.neighbours >= 0).sum() == 2 * count


def test_a_vertex_that_is_not_there_is_refused() -> None:
    positions, faces = shapes.plane(2, 2)
    with pytest.raises(MeshIndexOutOfRange):
        Surface(positions, np.vstack([faces, [[0, 1, 99]]]).astype(np.uint32))
