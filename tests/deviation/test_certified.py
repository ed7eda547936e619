"""The certified interval holds the true greatest distance, whatever is done to the surfaces."""

from __future__ import annotations

import numpy as np
import pytest

from heritage3d.deviation import certified, sampling
from heritage3d.deviation.certified import Deviation, Interval
from heritage3d.deviation.surface import Surface, distances
from heritage3d.errors import MeshEmpty, MeshNotFinite
from tests.mesh import shapes
from tests.mesh.shapes import Mesh


def compared(one: Mesh, other: Mesh, tolerance: float = 0.0, **how: float) -> Deviation:
    first = Surface(*one)
    return certified.certified(first, Surface(*other, first.centre), tolerance, **how)


def holds(found: Deviation | Interval, truth: float, rounding: float = 1e-9) -> None:
    """The interval holds a distance known exactly; the upper end has no leave to lie below it at all."""
    assert found.upper >= truth * (1 - 1e-15)
    assert found.lower <= truth + rounding


# --- exact cases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [0.25, 1e-3, 1e-6])
def test_parallel_planes(gap: float) -> None:
    found = compared(shapes.plane(3, 5), shapes.plane(4, 2, height=gap))
    holds(found, gap)
    assert found.upper == pytest.approx(gap, rel=0.011)
    assert found.rms == pytest.approx(gap)


@pytest.mark.parametrize("shift", [0.0, 0.13, 0.31])
def test_one_plane_in_different_triangles_is_no_deviation(shift: float) -> None:
    found = compared(shapes.plane(7, 3, shift=shift), shapes.plane(5, 11), share=0.0)
    assert found.lower == 0
    assert found.upper < 1e-6  # what float32, in which the search works, can tell apart


def test_a_surface_and_itself() -> None:
    found = compared(shapes.sphere(4), shapes.sphere(4))
    assert found.lower == 0
    assert found.upper < 1e-11
    finer = shapes.quartered(*shapes.sphere(3))
    assert compared(shapes.sphere(3), finer).upper < 1e-7


def test_spheres_within_each_other() -> None:
    # Blown up from one centre, each face has its counterpart in parallel planes: the greatest distance is at corners.
    inner, outer = shapes.sphere(3), shapes.sphere(3, 1.25)
    found = compared(inner, outer)
    truth = float(shapes.distance(outer[0], inner).max())
    assert truth == pytest.approx(0.25)
    holds(found, truth)
    holds(found.backward, truth)
    assert found.upper == pytest.approx(0.25, rel=0.011)


@pytest.mark.parametrize("height", [3.0, 0.5, 0.01, 1e-4])
def test_a_spike_is_found_from_both_sides(height: float) -> None:
    flat = shapes.plane(10, 10)
    positions = flat[0].copy()
    positions[60, 2] = height  # a corner in the middle
    found = compared(flat, (positions, flat[1]))
    holds(found.backward, height)
    holds(found, height)
    assert found.upper == pytest.approx(height, rel=0.011)


def test_a_hole_counts_only_one_way() -> None:
    whole, faces = shapes.plane(10, 10)
    middle = whole[faces].mean(axis=1)[:, :2]
    holed = (whole, faces[(np.abs(middle - 0.5) > 0.2).any(axis=1)])
    found = compared((whole, faces), holed)
    # The centre of a square hole of 0.4 is 0.2 from its rim, and no corner of any triangle of the rim tells so.
    holds(found.forward, 0.2)
    assert found.forward.upper == pytest.approx(0.2, rel=0.011)
    assert found.backward.lower == 0
    swapped = compared(holed, (whole, faces))
    holds(swapped.backward, 0.2)


def test_the_greatest_distance_may_lie_inside_a_triangle() -> None:
    roof = np.array([[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0]], np.float64)
    one = (roof, np.array([[0, 1, 2], [0, 2, 3]], np.uint32))
    # The other surface has the same border and a dent in the middle of one triangle of the first.
    points = np.vstack([roof, [3, 1, -0.5]])
    other = (points, np.array([[0, 1, 4], [1, 2, 4], [2, 0, 4], [0, 2, 3]], np.uint32))
    found = compared(one, other)
    holds(found, 0.5)
    # Seen from the flat side the farthest point lies before the dent, at no corner of any triangle.
    points, reach = shapes.samples(one, 100)
    sampled = float(shapes.distance(points, other).max())
    assert 0.4 < sampled < 0.48
    assert sampled <= found.forward.upper
    assert found.forward.lower <= sampled + reach
    assert found.forward.upper <= sampled * 1.011 + reach


# --- against brute force -------------------------------------------------------------------------------------


def random_pair(seed: int) -> tuple[Mesh, Mesh]:
    """Two small surfaces of the kinds that come up: rough, thin, in pieces, of other sizes, one over the other."""
    rng = np.random.default_rng(seed)
    kind = seed % 6
    if kind == 0:  # triangles anywhere
        return soup(rng, 8), soup(rng, 10)
    if kind == 1:  # two reliefs of one plane
        return shapes.relief(3, 0.3, seed), shapes.relief(4, 0.3, seed + 1000)
    if kind == 2:  # a surface and the same a little moved
        one = shapes.relief(3, 0.5, seed)
        return one, (one[0] + rng.normal(0, 1e-3, one[0].shape), one[1])
    if kind == 3:  # needles
        return needles(rng, 8), needles(rng, 8)
    if kind == 4:  # a corner pulled out, other triangles
        one = shapes.sphere(1)
        positions, faces = shapes.quartered(*one)
        positions[int(rng.integers(len(positions)))] *= rng.uniform(0.5, 2.0)
        return one, (positions, faces)
    return soup(rng, 3), shapes.sphere(1, 0.1)


def soup(rng: np.random.Generator, count: int) -> Mesh:
    return rng.uniform(-1, 1, (3 * count, 3)), np.arange(3 * count, dtype=np.uint32).reshape(-1, 3)


def needles(rng: np.random.Generator, count: int) -> Mesh:
    start, along = rng.uniform(-1, 1, (count, 3)), rng.normal(size=(count, 3))
    aside = rng.normal(size=(count, 3)) * 10.0 ** -rng.integers(2, 13, (count, 1))
    share = rng.uniform(0.2, 1.2, (count, 1))
    corners = np.stack([start, start + along, start + share * along + aside], axis=1)
    turned = np.stack([rng.permutation(corner) for corner in corners])
    return turned.reshape(-1, 3), np.arange(3 * count, dtype=np.uint32).reshape(-1, 3)


@pytest.mark.parametrize("seed", range(24))
def test_the_interval_holds_what_brute_force_finds(seed: int) -> None:
    one, other = random_pair(seed)
    found = compared(one, other, 1e-4)
    for way, start, end in ((found.forward, one, other), (found.backward, other, one)):
        points, reach = shapes.samples(start, 14)
        sampled = float(shapes.distance(points, end).max())
        assert way.upper >= sampled - 1e-14, "a point of the surface lies beyond the proved bound"
        assert way.lower <= sampled + reach
        assert way.closed
    assert found.upper - found.lower <= max(1e-4, 0.0101 * found.lower) + 1e-7


@pytest.mark.parametrize("seed", range(4))
def test_a_wide_tolerance_or_a_small_cap_gives_a_wide_interval_that_still_holds(seed: int) -> None:
    one, other = random_pair(seed)
    tight = compared(one, other, 1e-5)
    for loose in (compared(one, other, 0.3), compared(one, other, 1e-5, cap=1), compared(one, other, share=0.5)):
        for way, narrow in ((loose.forward, tight.forward), (loose.backward, tight.backward)):
            assert way.upper >= narrow.lower - 1e-12
            assert way.lower <= narrow.upper
    assert not compared(one, other, 0.0, share=1e-9, cap=1).forward.closed or tight.forward.pieces < 200


@pytest.mark.parametrize("seed", range(6))
def test_both_directions_change_places_with_the_surfaces(seed: int) -> None:
    one, other = random_pair(seed)
    found, turned = compared(one, other, 1e-4), compared(other, one, 1e-4)
    assert max(found.lower, turned.lower) <= min(found.upper, turned.upper)
    assert found.rms == pytest.approx(turned.rms, rel=1e-4)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_cutting_triangles_changes_nothing(seed: int) -> None:
    one, other = random_pair(seed)
    plain = compared(one, other, 1e-5)
    finer = compared(shapes.quartered(*one), shapes.quartered(*shapes.quartered(*other)), 1e-5)
    assert max(plain.lower, finer.lower) <= min(plain.upper, finer.upper)


def test_an_asked_tolerance_is_reached() -> None:
    one, other = shapes.sphere(3), shapes.relief(8, 0.4, 5)
    widths = [(d := compared(one, other, tolerance, share=0.0)).upper - d.lower for tolerance in (1e-1, 1e-2, 1e-3)]
    assert all(width <= tolerance + 1e-6 for width, tolerance in zip(widths, (1e-1, 1e-2, 1e-3), strict=True))


# --- what scanners leave -------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["one", "other"])
@pytest.mark.parametrize("what", ["degenerate", "loose", "duplicate", "needle"])
def test_what_scanners_leave_changes_nothing(what: str, where: str) -> None:
    def spoiled(mesh: Mesh) -> Mesh:
        positions, faces = mesh
        if what == "loose":  # a vertex far away that no face uses
            return np.vstack([positions, [[50.0, 50, 50]]]), faces
        if what == "duplicate":  # all faces twice, and once over other vertices at the same places
            again = faces + np.uint32(len(positions))
            return np.vstack([positions, positions]), np.concatenate([faces, faces, again])
        if what == "needle":  # along an edge of the first face, beyond what float64 can tell
            a, b = positions[faces[0, 0]], positions[faces[0, 1]]
            thin = np.array([[len(positions) + i for i in range(3)]], np.uint32)
            return np.vstack([positions, a, b, (a + b) / 2 + 1e-16]), np.concatenate([faces, thin])
        flat = np.array([[0, 0, 0], [0, 1, 1], [2, 0, 2], [0, 1, 0]], np.uint32)
        return positions, np.concatenate([flat, faces])

    pair = {"one": shapes.relief(4, 0.3, 1), "other": shapes.relief(5, 0.3, 2)}
    plain = compared(pair["one"], pair["other"], 1e-4, share=0.0)
    pair[where] = spoiled(pair[where])
    # Loose vertices must not move the centre either, so both are compared as they come.
    found = compared(pair["one"], pair["other"], 1e-4, share=0.0)
    assert found.lower == pytest.approx(plain.lower, abs=2e-4)
    assert found.upper == pytest.approx(plain.upper, abs=2e-4)


@pytest.mark.parametrize("offset", [1e3, 1e6, -1e8])
def test_far_from_the_origin(offset: float) -> None:
    one, other = shapes.plane(6, 6), shapes.plane(5, 5, height=0.125)
    found = compared((one[0] + offset, one[1]), (other[0] + offset, other[1]))
    holds(found, 0.125)
    assert found.upper == pytest.approx(0.125, rel=0.011)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_very_small_and_very_large(scale: float) -> None:
    one, other = shapes.plane(6, 6, side=scale), shapes.plane(5, 5, height=0.125 * scale, side=scale)
    found = compared(one, other)
    holds(found, 0.125 * scale, 1e-9 * scale)
    assert found.upper == pytest.approx(0.125 * scale, rel=0.011)


def test_surfaces_of_very_different_sizes() -> None:
    """The rounding of a small surface's float32 is nothing beside that of the large one it is compared with."""
    small, large = shapes.sphere(2, 1e-3), shapes.plane(2, 2, side=1000)
    found = compared(large, small)
    truth = float(shapes.distance(np.array([[1000.0, 1000, 0]]), small)[0])
    holds(found, truth, 1e-6)
    assert found.upper == pytest.approx(truth, rel=0.011)


def test_the_lower_end_is_a_distance_that_occurs() -> None:
    """Also where the other direction has a greater one already, below which nothing need be told apart."""
    flat, spiked = shapes.plane(4, 4), shapes.plane(4, 4)
    spiked[0][12, 2] = 2.0
    found = compared(spiked, flat)
    holds(found.forward, 2.0)
    points, reach = shapes.samples(flat, 20)
    truth = float(shapes.distance(points, spiked).max())
    assert truth < 0.3
    assert found.backward.lower <= truth + reach
    assert found.backward.upper >= truth
    assert found.backward.upper <= found.forward.upper


# --- a limit instead of an interval -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_beyond_proves_a_limit_or_shows_where_it_is_broken(seed: int) -> None:
    one, other = (Surface(*mesh, np.zeros(3)) for mesh in random_pair(seed))
    way = certified.directed(one, other, 1e-5, 0.0)
    assert not len(certified.beyond(one, other, way.upper * 1.0001 + 1e-6))
    far = certified.beyond(one, other, way.lower * 0.99 - 1e-6)
    assert len(far)
    # Points of the first surface, of which one at least is as far away as was said.
    mesh = random_pair(seed)
    assert float(shapes.distance(far, mesh[0]).max()) < 1e-9
    assert float(shapes.distance(far, mesh[1]).max()) > way.lower * 0.99 - 1e-6


def test_beyond_finds_every_place() -> None:
    flat, spiked = shapes.plane(13, 17), shapes.plane(20, 20)
    tips = [45, 210, 300, 395]
    spiked[0][tips, 2] = [0.5, 0.011, 0.3, 0.02]
    first = Surface(*spiked)
    far = certified.beyond(first, Surface(*flat, first.centre), 0.01) + first.centre
    away = np.linalg.norm(far[:, None, :2] - spiked[0][tips, :2], axis=2)
    assert (away.min(axis=0) < 0.05).all()
    assert (away.min(axis=1) < 0.08).all(), "a place that keeps the limit is blamed for another that does not"


def test_beyond_says_so_where_the_cap_ends_the_proof() -> None:
    one, other = (Surface(*mesh, np.zeros(3)) for mesh in (shapes.relief(6, 0.3, 1), shapes.relief(5, 0.3, 2)))
    way = certified.directed(one, other, 1e-6, 0.0)
    assert len(certified.beyond(one, other, way.upper * 1.001, cap=0))


# --- parts ---------------------------------------------------------------------------------------------------


def test_a_distance_is_never_too_short() -> None:
    """The distance to a triangle as thin as can be, in places where rounding hurts most."""
    rng = np.random.default_rng(7)
    for power in range(13):
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        corners = np.array([[0, 0, 0], [1, 0, 0], [rng.uniform(0, 1.2), 10.0**-power, 0]]) @ turn
        weights = rng.dirichlet([0.5] * 3, 300)
        weights[:100] += np.outer(10.0 ** rng.uniform(-9, 0, 100), [1, -1, 0])
        points = weights @ corners + rng.normal(size=(300, 3)) * 10.0 ** rng.uniform(-12, 1, (300, 1))
        for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
            triangle = corners[list(order)]
            found = distances(points[None], triangle[None])[0]
            truth = shapes.distance(points, (triangle, np.array([[0, 1, 2]], np.uint32)))
            assert (found >= truth - 1e-15 * (1 + truth)).all()
            assert (found <= truth + (1e-11 if power < 3 else 1e-5)).all()


def test_a_distance_to_a_triangle_without_area_is_that_to_its_edges() -> None:
    point = np.array([[[0.0, 0, 1]]])
    for triangle in ([[0, 0, 0]] * 3, [[0, 0, 0], [0, 0, 0], [1, 0, 0]], [[-1, 0, 0], [1, 0, 0], [0, 0, 0]]):
        assert distances(point, np.array([triangle], np.float64))[0, 0] == 1


def test_a_bound_proved_in_another_way_cuts_the_upper_end() -> None:
    found = Deviation(Interval(1.0, 2.0), Interval(0.5, 3.0), 0.1)
    assert found.at_most(1.5) == Deviation(Interval(1.0, 1.5), Interval(0.5, 1.5), 0.1)
    assert found.at_most(0.7).forward == Interval(1.0, 1.0)  # no end crosses what truly occurs


def test_samples_lie_evenly_on_the_surface() -> None:
    flat = Surface(*shapes.plane(3, 4))
    points = sampling.spread(flat, 5000) + flat.centre
    assert (points == sampling.spread(flat, 5000) + flat.centre).all()
    counts = np.histogram2d(points[:, 0], points[:, 1], bins=5, range=[[0, 1], [0, 1]])[0]
    assert counts.min() > 150
    assert counts.max() < 250


def test_what_is_no_surface_is_refused() -> None:
    good = shapes.plane(1, 1)
    with pytest.raises(MeshEmpty):
        Surface(good[0], np.array([[0, 0, 1]], np.uint32))
    with pytest.raises(MeshEmpty):
        Surface(good[0], np.empty((0, 3), np.uint32))
    for bad in (np.nan, np.inf, 1e300):
        positions = good[0].copy()
        positions[1, 2] = bad
        with pytest.raises(MeshNotFinite):
            Surface(positions, good[1])
    with pytest.raises(ValueError, match="centre"):
        certified.certified(Surface(*good), Surface(*shapes.plane(1, 1, height=2)))
