"""PLY, OBJ and STL of others and of our own making: read right, or refused with one code; never a crash."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from heritage3d.errors import CompanionMissing, Heritage3dError, UnsafeReference
from heritage3d.mesh import obj, obj_text, reading, text_kernels
from tests.gltf.builder import png
from tests.mesh import child, hostile, shapes
from tests.mesh.child import Outcome


@pytest.fixture(scope="module")
def hostile_outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return child.of_cases(hostile.CASES, tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("name", hostile.CASES)
def test_a_file_that_lies_is_refused_by_its_code(name: str, hostile_outcomes: dict[str, Outcome]) -> None:
    child.check_refused(hostile_outcomes[name], hostile.CASES[name][0])


# --- what is sound is read right ------------------------------------------------------------------------------


def cube() -> shapes.Mesh:
    points = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float64)
    quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
    return points, np.array([[q[0], q[i], q[i + 1]] for q in quads for i in (1, 2)], np.uint32)


def as_ply(mesh: shapes.Mesh, form: str, *, uchar: bool = True, quads: bool = False) -> bytes:
    points, faces = mesh
    order = ">" if "big" in form else "<"
    listed: list[list[int]] = [list(face) for face in faces]
    if quads:  # rows of different lengths
        listed = [[*listed[0][:3], listed[1][2]], *listed[2:]]
    head = f"ply\nformat {form} 1.0\ncomment made by hand\nelement vertex {len(points)}\n"
    head += "".join(f"property double {axis}\n" for axis in "xyz") + "property uchar red\nproperty uchar green\n"
    head += f"property uchar blue\nelement face {len(listed)}\nproperty list {'uchar' if uchar else 'int'} uint "
    head += "vertex_index\nend_header\n"
    if form == "ascii":
        rows = [" ".join(str(value) for value in point) + " 255 0 128" for point in points]
        rows += [" ".join(str(value) for value in (len(face), *face)) for face in listed]
        return (head + "\n".join(rows) + "\n").encode()
    body = b"".join(struct.pack(f"{order}3d3B", *point, 255, 0, 128) for point in points)
    count = "B" if uchar else "i"
    return head.encode() + body + b"".join(struct.pack(f"{order}{count}{len(f)}I", len(f), *f) for f in listed)


@pytest.mark.parametrize("quads", [False, True])
@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_in_all_forms(form: str, quads: bool, tmp_path: Path) -> None:
    for uchar in (True, False):
        path = tmp_path / "a.ply"
        path.write_bytes(as_ply(cube(), form, uchar=uchar, quads=quads))
        model = reading.read(path)
        assert (model.format, model.triangles, model.unit) == ("PLY", 12, None)
        corners = model.primitives[0].positions[model.primitives[0].faces]
        wanted = cube()[0][cube()[1]]
        assert sorted(map(tuple, corners.mean(axis=1).round(6))) == sorted(map(tuple, wanted.mean(axis=1).round(6)))
        colours = model.primitives[0].colours
        assert colours is not None
        assert colours[0] == pytest.approx([1, 0, 0.2158605, 1], abs=1e-6)  # sRGB 128 as linear light


def test_ply_with_line_ends_of_windows_and_old_macs(tmp_path: Path) -> None:
    whole = as_ply(cube(), "binary_little_endian")
    head, body = whole.split(b"end_header\n", 1)
    for end in (b"\r\n", b"\r"):
        (tmp_path / "a.ply").write_bytes((head + b"end_header\n").replace(b"\n", end) + body)
        assert reading.read(tmp_path / "a.ply").triangles == 12


def test_obj_with_all_kinds_of_corners(tmp_path: Path) -> None:
    text = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nvn 0 0 2\n"
    path = tmp_path / "a.obj"
    for faces in (
        "f 1 2 3 4",
        "f 1/1 2/2 3/3 4/4",
        "f 1//1 2//1 3//1 4//1",
        "f 1/1/1 2/2/1 3/3/1 4/4/1",
        "f -4 -3 -2 -1",
    ):
        path.write_text(text + faces + " # a square\n")
        model = reading.read(path)
        part = model.primitives[0]
        assert (model.triangles, len(part.positions)) == (2, 4)
        if "/1" in faces.split()[1] and "//" not in faces:
            # v upwards in OBJ is v downwards in glTF.
            assert part.uvs[0][np.argmax(part.positions @ [1, 2, 0])] == pytest.approx([1, 0])
        if faces.endswith("/1"):
            assert part.normals is not None
            assert part.normals == pytest.approx(np.tile([0, 0, 1], (4, 1)))


def test_obj_with_materials_and_seams(tmp_path: Path) -> None:
    (tmp_path / "Tex").mkdir()
    (tmp_path / "Tex" / "Colour map.PNG").write_bytes(png(4, 4))
    (tmp_path / "a.mtl").write_text("newmtl one\nmap_Kd -s 1 1 1 tex\\colour map.png\nnewmtl two\nKd 1 0.5 0\nd 0.5\n")
    (tmp_path / "a.obj").write_text(
        "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nvt 1 1\n"
        "usemtl one\nf 1/1 2/2 3/3\nf 2/1 4/4 3/3\nusemtl two\nf 1 2 4\nusemtl elsewhere\nf 1 2 3\n"
    )
    model = reading.read(tmp_path / "a.obj")
    assert [part.material for part in model.primitives] == [0, 1, None]
    assert len(model.primitives[0].positions) == 5  # one vertex on the seam has two texture places
    assert model.materials[0]["pbrMetallicRoughness"]["baseColorTexture"] == {"index": 0}
    assert model.materials[1]["pbrMetallicRoughness"]["baseColorFactor"] == pytest.approx([1, 0.214041, 0, 0.5])
    assert model.materials[1]["alphaMode"] == "BLEND"
    assert [texture.mime for texture in model.textures] == ["image/png"]
    assert {path.name for path in reading.companions(tmp_path / "a.obj")} == {"a.mtl", "Colour map.PNG"}


def test_stl_as_text_and_as_bytes(tmp_path: Path) -> None:
    points, faces = cube()
    records = b"".join(struct.pack("<12fH", 0, 0, 0, *points[face].reshape(-1), 0) for face in faces)
    # Some exporters begin binary files with "solid", too.
    (tmp_path / "a.stl").write_bytes(b"solid facet".ljust(80) + struct.pack("<I", len(faces)) + records)
    facets = "".join(
        "facet normal 0 0 0\n outer loop\n"
        + "".join(f"  vertex {' '.join(map(str, points[at]))}\n" for at in face)
        + " endloop\nendfacet\n"
        for face in faces
    )
    (tmp_path / "b.stl").write_text(f"solid cube\n{facets}endsolid cube\n")
    for name in ("a.stl", "b.stl"):
        model = reading.read(tmp_path / name)
        assert (model.format, model.triangles, model.vertices) == ("STL", 12, 8)


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_bytes(as_ply(cube(), "ascii"))
    assert reading.read(tmp_path / "a.obj").format == "PLY"


def test_files_with_large_polygons_and_long_comments_are_read(tmp_path: Path) -> None:
    angles = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    lines = [f"v {np.cos(a):.9f} {np.sin(a):.9f} 0" for a in angles]
    (tmp_path / "a.obj").write_text("\n".join([*lines, "f " + " ".join(map(str, range(1, 50_001))), "#" * 100_000]))
    assert reading.read(tmp_path / "a.obj").triangles == 49_998


# --- companions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("a texture that is not there", CompanionMissing),
        ("a texture outside", UnsafeReference),
        ("a library outside", UnsafeReference),
    ],
)
def test_companions_are_refused_as_the_file_is(name: str, error: type[Heritage3dError], tmp_path: Path) -> None:
    path = hostile.CASES[f"obj: {name}"][1](tmp_path)
    with pytest.raises(error):
        reading.companions(path)


@pytest.mark.parametrize("name", hostile.CASES)
def test_companions_of_a_file_that_lies_are_named_or_refused(name: str, tmp_path: Path) -> None:
    path = hostile.CASES[name][1](tmp_path)
    try:
        found = reading.companions(path)
    except Heritage3dError:
        return
    assert all(entry.is_relative_to(tmp_path) for entry in found)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Heritage3dError, match="H3D-256"):
        reading.read(tmp_path / "absent.ply")
    if os.geteuid():
        (tmp_path / "a.ply").write_bytes(as_ply(cube(), "ascii"))
        (tmp_path / "a.ply").chmod(0)
        with pytest.raises(Heritage3dError, match="H3D-256"):
            reading.read(tmp_path / "a.ply")


# --- sets of others ------------------------------------------------------------------------------------------

#: What the sets are known to hold that is refused, by the reason; everything else in them is read.
_REFUSED = {
    "malformed-meshes": {
        "H3D-410": [
            "number_formats.obj",  # 3.1+e2 is no number
            "PLY/Wuson.ply",  # a line of the header that is none
            "issue623.ply",  # faces without an element
            "crash-30d6d0f7c529b3b66b4131700b7a4580cd7082df.ply",
        ],
        "H3D-411": ["empty.ply", "empty.obj"],
        "H3D-412": ["point_cloud.obj", "testline.obj", "testpoints.obj", "points.ply"],
        "H3D-414": ["malformed.obj"],
        "H3D-417": ["cube_mtllib_after_g.obj", "mtl_different_folder.obj"],
    },
    "draco": {
        "H3D-412": [
            "float_inf_point_cloud.ply",
            "float_two_att_point_cloud.ply",
            "int_point_cloud.ply",
            "point_cloud_test_pos.ply",
            "point_cloud_test_pos_norm.ply",
            "test_lines.obj",
        ],
        "H3D-413": ["inf_nan.obj"],
        "H3D-417": ["mat_test.obj", "/sphere.obj", "test_sphere.obj"],
    },
}


@pytest.mark.parametrize("folder", _REFUSED)
def test_the_sets_of_others_are_read_or_refused_by_name(folder: str, data: Path) -> None:
    root = data / "gltf" / folder
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in (".obj", ".ply", ".stl"))
    wanted = {name: code for code, names in _REFUSED[folder].items() for name in names}
    for path, found in child.outcomes(paths).items():
        code = next((code for name, code in wanted.items() if path.as_posix().endswith(name)), "")
        assert found.code == code, found
        assert found.megabytes < child.MEGABYTES
        assert found.seconds < child.SECONDS


def test_other_files_of_the_sets_are_refused_without_a_crash(data: Path) -> None:
    root = data / "gltf" / "malformed-meshes"
    for found in child.outcomes(sorted(path for path in (root / "invalid").iterdir())).values():
        assert found.code.startswith("H3D-") or found.file == "malformed2.obj", found
    fuzzed = child.outcomes([*(root / "fuzzer_data").iterdir(), root / "PLY" / "payload_JVN42386607"])
    assert all(found.code.startswith("H3D-") for found in fuzzed.values())


# --- text, fast and slow --------------------------------------------------------------------------------------


def test_numbers_in_text_are_those_of_python() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [rng.normal(size=4000) * 10.0 ** rng.integers(-30, 30, 4000), [0, -0.0, 1e308, 5e-324, 1e22]]
    )
    for form in ("{!r}", "{:.6f}", "{:+.3e}", "{:.25g}"):
        text = " ".join(form.format(float(value)) for value in values).encode()
        found = np.empty(len(values))
        assert text_kernels.row_of_numbers(np.frombuffer(text, np.uint8), found) == len(values)
        wanted = np.array(text.split(), np.float64)
        assert (np.abs(found - wanted) <= 4 * np.spacing(np.abs(wanted))).all()
    for text in (b"1 x", b"1e", b".", b"-", b"1.2.3", b"1e+", b"0x10", b"1_0", b"1,5", b"++1", b"1 2 3"):
        assert text_kernels.row_of_numbers(np.frombuffer(text, np.uint8), np.empty(2)) == -1, text
    assert np.isnan(_parsed(b"nan -Infinity +inf")).all()
    assert _parsed(b"1. .5 +2\r\n\t3E2 1e999 1e-999").tolist() == [1, 0.5, 2, 300, np.inf, 0]


def _parsed(text: bytes) -> np.ndarray:
    found = np.empty(len(text.split()))
    assert text_kernels.row_of_numbers(np.frombuffer(text, np.uint8), found) == len(found)
    return found


OBJS = [
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4 3\n",
    "v 0 0 0 1 0 0\nv 1 0 0 0 1 0\r\nv\t0 1 0 0 0 .5\nvt 0 0\nvt 1 0\nvn 0 0 1\n\nf 1/1/1 2/2/1 3/1/1 # a face\n",
    "o a\ng b\ns 1\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\nusemtl a\nv 5 5 5\nf -4 -1 2\nl 1 2\nusemtl b\nf 1 2 4",
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nvn 0 1 0\nf 1//1 2//2 3//1\nf 1//1 3 2\n",
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0 0\nvt 1 0 0\nvt 0 1 0\nf 1/1 2/2 3/3\nf 1/ 2/2 3/3\n",
]


@pytest.mark.parametrize("text", OBJS)
def test_both_ways_of_reading_an_obj_agree(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.obj"
    path.write_bytes(text.encode())
    assert obj_text.parsed("a.obj", text.encode()) is not None
    quick = reading.read(path)
    monkeypatch.setattr(obj, "_quickly", lambda name, data: None)
    slow = reading.read(path)
    assert quick.notes == slow.notes
    assert len(quick.primitives) == len(slow.primitives)
    for one, two in zip(quick.primitives, slow.primitives, strict=True):
        for key in ("positions", "faces", "normals", "colours"):
            assert np.array_equal(getattr(one, key), getattr(two, key)), key
        assert len(one.uvs) == len(two.uvs)
        assert all(np.array_equal(a, b) for a, b in zip(one.uvs, two.uvs, strict=True))


def test_lines_of_different_lengths_are_read_word_by_word(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert obj_text.parsed("a.obj", (tmp_path / "a.obj").read_bytes()) is None
    assert reading.read(tmp_path / "a.obj").triangles == 1
