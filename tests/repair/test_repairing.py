"""What a scanner leaves is mended and counted; what was captured stays where it was; what is invented says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heritage3d.errors import MeshEmpty
from heritage3d.gltf import checking, reading, writing
from heritage3d.gltf.model import Model, Primitive, Texture, compacted
from heritage3d.gltf.writing import Compression, Encoding
from heritage3d.mesh.places import welded
from heritage3d.mesh.shading import shaded, smooth
from heritage3d.repair import holes, kernels
from heritage3d.repair.repairing import RepairCounts, repaired
from heritage3d.repair.whole import Whole
from tests.gltf.builder import png
from tests.gltf.models import picture
from tests.mesh import shapes
from tests.mesh.shapes import Mesh


def model(*meshes: Mesh) -> Model:
    return Model(tuple(Primitive(positions, faces) for positions, faces in meshes))


def together(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0, *(len(positions) for positions, _ in meshes)])
    faces = [part + np.uint32(start) for (_, part), start in zip(meshes, starts[:-1], strict=True)]
    return np.concatenate([positions for positions, _ in meshes]), np.concatenate(faces).astype(np.uint32)


def moved(mesh: Mesh, *by: float, scale: float = 1.0) -> Mesh:
    return mesh[0] * scale + np.array(by), mesh[1]


def over(mesh: Mesh) -> Mesh:
    return mesh[0], np.ascontiguousarray(mesh[1][:, ::-1])


def volume(mesh: Mesh) -> float:
    corners = mesh[0][mesh[1]]
    return float(np.einsum("ni,ni->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


def area(mesh: Mesh) -> float:
    corners = mesh[0][mesh[1]]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(np.linalg.norm(across, axis=1).sum() / 2)


def acts(counts: RepairCounts) -> dict[str, float]:
    return {key: float(value) for key, value in counts.items() if value}  # type: ignore[arg-type]


def mended(mesh: Mesh, **how: float) -> tuple[Mesh, dict[str, float], Model]:
    made, counts = repaired(model(mesh), "scan.ply", **how)
    return made.surface(), acts(counts), made


def edges(faces: NDArray[np.uint32]) -> NDArray[np.int64]:
    """How many faces each edge has."""
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    return np.unique(sides, axis=0, return_counts=True)[1]


SPHERE = shapes.sphere(4)


def test_a_sound_surface_stays_as_it_is_to_the_bit() -> None:
    part = Primitive(*SPHERE, normals=smooth(*SPHERE))
    made, counts = repaired(Model((part,)), "scan.ply")
    assert not acts(counts)
    assert np.array_equal(made.primitives[0].faces, part.faces)
    assert np.array_equal(made.primitives[0].positions, part.positions)
    assert made.primitives[0].normals is not None
    assert np.array_equal(made.primitives[0].normals, smooth(*SPHERE))


def test_faces_without_area_and_faces_twice_are_left_out() -> None:
    points, faces = SPHERE
    spoiled = np.concatenate([faces, [[0, 0, 1]], np.roll(faces[:2], 1, axis=1), [[0, 1, 1]]]).astype(np.uint32)
    found, counts, _ = mended((np.vstack([points, [[9, 9, 9]]]), spoiled))
    assert counts == {"degenerate": 2, "duplicate": 2, "loose_vertices": 1}
    assert np.array_equal(found[1], faces)
    # A face turned over is another face: it is seen from the other side.
    sheet = shapes.plane(4, 4)
    assert mended((sheet[0], np.concatenate([sheet[1], sheet[1][:, ::-1]])))[0][1].shape == (64, 3)
    with pytest.raises(MeshEmpty, match=r"scan\.ply"):
        mended((points, np.array([[0, 0, 1], [2, 2, 2]], np.uint32)))


# --- orientation ----------------------------------------------------------------------------------------------


def test_a_flipped_island_and_an_inverted_solid_are_turned() -> None:
    patched = SPHERE[1].copy()
    patched[100:300] = patched[100:300][:, ::-1]
    found, counts, _ = mended((SPHERE[0], patched))
    assert counts == {"flipped_faces": 200}
    assert volume(found) == pytest.approx(volume(SPHERE))
    found, counts, _ = mended(together(over(SPHERE), moved(SPHERE, 3)))
    assert counts == {"flipped_faces": len(SPHERE[1]), "turned_pieces": 1}
    assert volume(found) == pytest.approx(2 * volume(SPHERE))


def test_normals_follow_the_faces_that_are_turned() -> None:
    part = Primitive(*over(SPHERE), normals=-smooth(*SPHERE))
    made, _ = repaired(Model((part,)), "scan.ply")
    normals = made.primitives[0].normals
    assert normals is not None
    assert (normals * made.primitives[0].positions).sum(axis=1).min() > 0.9


def test_an_open_piece_looks_to_the_side_that_the_scanner_saw() -> None:
    sheet = shapes.plane(5, 5)
    up = np.tile(np.array([0, 0, 1], np.float32), (len(sheet[0]), 1))
    made, counts = repaired(Model((Primitive(*over(sheet), normals=up),)), "scan.ply")
    assert counts["flipped_faces"] == 50
    assert made.primitives[0].normals is not None
    assert (made.primitives[0].normals[:, 2] == 1).all()
    # Without normals nobody knows; the greater part of the piece decides.
    mixed = over(sheet)[1].copy()
    mixed[:10] = mixed[:10][:, ::-1]
    assert mended((sheet[0], mixed))[1] == {"flipped_faces": 10}


def test_a_cavity_stays_a_cavity() -> None:
    hollow = together(SPHERE, over(moved(SPHERE, 0, scale=0.5)))
    found, counts, _ = mended(hollow)
    assert counts == {"cavities": 1}
    assert volume(found) == pytest.approx(volume(SPHERE) * 7 / 8)
    # In the box of a bowl but not inside its solid, it is a piece that is inside out.
    shell = together(SPHERE, over(moved(SPHERE, 0, scale=0.9)))
    bead = over(moved(SPHERE, 0, scale=0.1))
    assert mended(together(shell, bead))[1] == {
        "cavities": 1,
        "turned_pieces": 1,
        "flipped_faces": len(SPHERE[1]),
    }


def moebius() -> Mesh:
    steps = 24
    turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    across = np.array([-0.3, 0.3])
    radius = 1 + across[None] * np.cos(turn / 2)[:, None]
    points = np.stack(
        [radius * np.cos(turn)[:, None], radius * np.sin(turn)[:, None], across[None] * np.sin(turn / 2)[:, None]], -1
    ).reshape(-1, 3)
    a = 2 * np.arange(steps)
    b, c, d = a + 1, (a + 2) % (2 * steps), (a + 3) % (2 * steps)
    c[-1], d[-1] = 1, 0
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)]).astype(np.uint32)
    return points, faces


def test_a_moebius_band_is_left_as_it_is() -> None:
    points, faces = moebius()
    found, counts, _ = mended((points, faces))
    assert counts == {"twisted_edges": 1}
    assert np.array_equal(found[1], faces)


# --- edges of more than two faces -----------------------------------------------------------------------------


def cube() -> Mesh:
    points = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float64)
    quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
    return points, np.array([[q[0], q[i], q[i + 1]] for q in quads for i in (1, 2)], np.uint32)


def test_two_solids_that_share_an_edge_come_apart() -> None:
    points, faces = together(cube(), moved(cube(), 1, 1, 0))
    place = welded(points)
    joined = points[np.unique(place, return_index=True)[1]], place[faces].astype(np.uint32)
    assert edges(joined[1]).max() == 4
    found, counts, made = mended(joined)
    assert counts == {"non_manifold_edges": 1, "split_vertices": 2}
    assert (edges(found[1]) == 2).all()
    assert volume(found) == pytest.approx(2)
    assert made.vertices == 16
    # Each of both solids is whole: no face of one hangs on the other.
    left = found[1][:12]
    assert volume((found[0], left)) == pytest.approx(1)


def test_a_fin_on_a_solid_is_a_sheet_of_its_own() -> None:
    points, faces = cube()
    fin = np.concatenate([points, [[-1, -1, 0], [-1, -1, 1]]])
    found, counts, _ = mended((fin, np.concatenate([faces, [[0, 4, 8], [4, 9, 8]]]).astype(np.uint32)))
    assert counts == {"non_manifold_edges": 1, "split_vertices": 2}
    assert edges(found[1]).max() == 2
    assert volume((found[0], found[1][:12])) == pytest.approx(1)


# --- debris ---------------------------------------------------------------------------------------------------


def test_specks_are_left_out_and_parts_are_not() -> None:
    speck = moved(cube(), 0.5, 1.2, 0.3, scale=0.005)
    part = moved(cube(), -0.5, 1.2, 0.3, scale=0.1)
    worn = together(SPHERE, speck, part)
    found, counts, _ = mended(worn)
    assert counts["debris_pieces"] == 1
    assert counts["debris_faces"] == 12
    assert counts["debris_area"] == pytest.approx(6 * 0.005**2)
    assert len(found[1]) == len(SPHERE[1]) + 12
    assert not mended(worn, debris=0)[1]
    # What touches the object is no debris.
    assert not mended(together(SPHERE, moved(cube(), 1, 0, 0, scale=0.005)))[1]


def test_a_scan_in_crumbs_is_no_heap_of_debris() -> None:
    crumbs = [moved(cube(), 0.01 * at, 0.01 * row, 0, scale=0.004) for at in range(40) for row in range(40)]
    assert not mended(together(*crumbs))[1]


# --- holes ----------------------------------------------------------------------------------------------------


def opened(mesh: Mesh, middle: tuple[float, float, float], radius: float) -> tuple[Mesh, Mesh]:
    """The mesh without the faces near a point, and those faces."""
    away = np.linalg.norm(mesh[0][mesh[1]].mean(axis=1) - np.array(middle), axis=1) < radius
    return clean((mesh[0], mesh[1][~away])), (mesh[0], mesh[1][away])


def clean(mesh: Mesh) -> Mesh:
    """The mesh without loose vertices."""
    part = compacted(Primitive(*mesh))
    return part.positions, part.faces


def test_a_hole_is_closed_by_faces_that_say_so() -> None:
    whole = shapes.sphere(5)
    rim, cap = opened(whole, (0, 0, 1), 0.12)
    found, counts, made = mended(rim, holes=0.5)
    assert counts["holes_filled"] == 1
    evidence, filling = made.primitives
    assert filling.invented
    assert not evidence.invented
    assert np.array_equal(evidence.faces, made.evidence().surface()[1])
    assert area((evidence.positions, evidence.faces)) == pytest.approx(area(rim))
    assert counts["invented_area"] == pytest.approx(area((filling.positions, filling.faces)))
    # Closed, consistent, and as dense as its surroundings; nearly as large as what was cut out, and no larger.
    place = welded(found[0])
    assert (edges(place[found[1]].astype(np.uint32)) == 2).all()
    assert volume(found) > 0.99 * volume(whole)
    assert 0.95 * area(cap) < counts["invented_area"] <= area(cap)
    assert 0.5 < counts["invented_faces"] / len(cap[1]) < 2
    assert (filling.normals[:, 2] > 0.9).all() if filling.normals is not None else False
    assert made.materials[filling.material or 0]["name"] == "filled, not captured"


def test_a_flat_hole_of_any_form_is_filled_exactly() -> None:
    sheet = shapes.plane(40, 40)
    middles = sheet[0][sheet[1]].mean(axis=1)
    away = np.abs(middles - [0.5, 0.5, 0]).max(axis=1) < 0.101
    away &= (middles[:, 0] < 0.5) | (middles[:, 1] < 0.5)  # an L
    found, counts, made = mended((sheet[0], sheet[1][~away]), holes=0.7)
    assert counts["holes_filled"] == 1
    assert counts["invented_area"] == pytest.approx(area((sheet[0], sheet[1][away])))
    assert area(found) == pytest.approx(1)
    assert np.ptp(made.primitives[1].positions[:, 2]) == 0


def test_what_is_too_large_or_the_rim_of_the_scan_stays_open() -> None:
    rim, _ = opened(shapes.sphere(4), (0, 0, 1), 0.5)
    assert not mended(rim)[1]
    assert not mended(shapes.plane(3, 3), holes=10)[1]  # its rim is no hole
    small, _ = opened(shapes.sphere(4), (0, 0, 1), 0.05)
    assert not mended(small, holes=0)[1]


def test_more_holes_and_holes_that_touch_in_a_place() -> None:
    sphere = shapes.sphere(5)
    gone = np.zeros(len(sphere[1]), bool)
    star = np.flatnonzero((sphere[1] == 0).any(axis=1))  # faces around one vertex
    apart = next(at for at in star[1:] if len(np.intersect1d(sphere[1][at], sphere[1][star[0]])) == 1)
    gone[[star[0], apart]] = True
    for at in ((0, 0, 1), (0, 1, 0), (0, -1, 0)):
        gone |= np.linalg.norm(sphere[0][sphere[1]].mean(axis=1) - np.array(at), axis=1) < 0.1
    found, counts, _ = mended((sphere[0], sphere[1][~gone]), holes=0.4)
    assert counts["holes_filled"] == 5
    assert (edges(welded(found[0])[found[1]].astype(np.uint32)) == 2).all()


def test_a_crack_without_area_is_no_hole() -> None:
    """A vertex on the side of a triangle: the face without area that closed it is left out, nothing is invented."""
    points, faces = cube()
    points = np.concatenate([points, [(points[0] + points[3]) / 2]])
    first = faces[0].tolist()  # 0, 2, 3: its side 0 to 3 gets the new vertex
    split = [[first[0], first[1], 8], [8, first[1], first[2]], [0, 8, 3]]
    found, counts, _ = mended((points, np.array([*split, *faces[1:].tolist()], np.uint32)), holes=10)
    assert counts == {"degenerate": 1}
    assert len(found[1]) == 13


def test_a_border_of_too_many_edges_is_left_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    rim, _ = opened(shapes.sphere(4), (0, 0, 1), 0.2)
    monkeypatch.setattr(holes, "MOST_EDGES", 8)
    assert mended(rim, holes=0.9)[1] == {"holes_left": 1}


def test_a_filling_has_the_colours_around_it() -> None:
    points, faces = opened(shapes.plane(40, 40), (0.5, 0.5, 0), 0.06)[0]
    colours = np.ones((len(points), 4), np.float32)
    colours[:, 0], colours[:, 1] = points[:, 0], 0.25
    made, _ = repaired(Model((Primitive(points, faces, colours=colours),)), "scan.ply", holes=0.5)
    filling = made.primitives[1]
    assert filling.colours is not None
    assert np.abs(filling.colours[:, 0] - filling.positions[:, 0]).max() < 0.02
    assert filling.colours[:, 1] == pytest.approx(0.25)


def test_a_filling_has_the_colours_of_the_texture_around_it() -> None:
    points, faces = opened(shapes.plane(40, 40), (0.5, 0.5, 0), 0.06)[0]
    grey = Texture(png(8, 8), "image/png")  # black
    pbr = {"baseColorTexture": {"index": 0}, "roughnessFactor": 0.4}
    part = Primitive(points, faces, uvs=(points[:, :2].astype(np.float32),), material=0)
    made, _ = repaired(Model((part,), ({"pbrMetallicRoughness": pbr},), (grey,)), "scan.ply", holes=0.5)
    filling = made.primitives[1]
    assert filling.colours is not None
    assert not filling.uvs
    assert filling.colours[:, :3].max() == 0
    assert made.materials[1]["pbrMetallicRoughness"] == {"metallicFactor": 1.0, "roughnessFactor": 0.4}
    spotted = replace(made, textures=(Texture(picture("PNG", 1), "image/png"),), primitives=(part,))
    colours = repaired(spotted, "scan.ply", holes=0.5)[0].primitives[1].colours
    assert colours is not None
    assert 0.05 < colours[:, :3].mean() < 0.6


def test_seams_and_materials_are_no_borders() -> None:
    """A solid in two primitives with doubled vertices has no hole and one orientation."""
    half = len(SPHERE[1]) // 2
    parts = [(SPHERE[0], SPHERE[1][:half]), over((SPHERE[0].copy(), SPHERE[1][half:]))]
    made, counts = repaired(model(*parts), "scan.ply", holes=10)
    assert acts(counts)["flipped_faces"] == half
    assert not counts["holes_filled"]
    assert volume(made.surface()) == pytest.approx(volume(SPHERE))


def test_loops_agree_with_a_plain_way_of_finding_partners() -> None:
    """Random soup: mates are mutual, border and crowded edges are those that counting finds."""
    rng = np.random.default_rng(8)
    faces = rng.integers(0, 60, (900, 3)).astype(np.uint32)
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    whole = Whole.of(model((rng.random((60, 3)), faces)))
    mate = whole.mate
    inner = np.flatnonzero(mate >= 0)
    assert np.array_equal(mate[mate[inner]], inner)
    sides = np.sort(np.stack([whole.faces.reshape(-1), np.roll(whole.faces, -1, 1).reshape(-1)], 1), axis=1)
    assert np.array_equal(sides[inner], sides[mate[inner]])
    _, name, count = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    assert np.array_equal(mate == kernels.BORDER, count[name.reshape(-1)] == 1)
    assert whole.crowded[0] == (count > 2).sum()
    first, second = repaired(whole.model, "a"), repaired(whole.model, "a")
    assert first[1] == second[1]
    left = edges(first[0].evidence().surface()[1])
    assert (left > 2).sum() == first[1]["non_manifold_left"] < whole.crowded[0] / 10


def test_soups_that_would_cost_the_square_of_their_faces() -> None:
    """A hundred thousand faces around one edge, about one place, and one face as often: each in a moment."""
    count = 100_000
    rng = np.random.default_rng(2)
    around = np.concatenate([[[0, 0, 0], [0, 0, 1]], rng.normal(size=(count, 3))])
    tips = np.arange(2, count + 2)
    at_edge = np.stack([np.zeros(count), np.ones(count), tips], axis=1).astype(np.uint32)
    at_edge[::2] = at_edge[::2][:, ::-1]
    fan = np.stack([np.zeros(count - 1), tips[:-1], tips[1:]], axis=1).astype(np.uint32)
    again = np.tile(np.array([[0, 1, 2]], np.uint32), (count, 1))
    for faces in (at_edge, fan, again, rng.integers(0, 500, (count, 3)).astype(np.uint32)):
        made, counts = repaired(model((around, faces)), "scan.ply")
        assert made.evidence().triangles + counts["degenerate"] + counts["duplicate"] + counts["debris_faces"] == len(
            faces
        )


@pytest.mark.parametrize("compression", ["none", "meshopt", "draco"])
def test_a_mended_scan_is_sound_gltf_and_its_fillings_come_back(compression: Compression, tmp_path: Path) -> None:
    rim, _ = opened(shapes.sphere(5), (0, 0, 1), 0.12)
    made, counts = repaired(model(rim), "scan.ply", holes=0.5)
    path = tmp_path / "a.glb"
    path.write_bytes(writing.write(shaded(made), Encoding(compression)))
    assert not checking.check(path)
    back = reading.read(path)
    assert [part.invented for part in back.primitives] == [False, True]
    assert len(back.primitives[1].faces) == counts["invented_faces"]
    # Read again, it has no hole: what was filled once is not filled twice.
    assert not repaired(back, "a.glb", holes=0.5)[1]["holes_filled"]
