"""What is written is read back as it was, within the rounding that was promised, by us and by others."""

from __future__ import annotations

import json
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from heritage3d.errors import MeshTooLarge
from heritage3d.gltf import checking, container, khronos, reading, writing
from heritage3d.gltf.document import Document
from heritage3d.gltf.model import Model, Primitive
from heritage3d.gltf.writing import Compression, Encoding
from tests.gltf import models

COMPRESSIONS: tuple[Compression, ...] = ("none", "meshopt", "draco")
WAYS = [
    (compression, bits) for compression in COMPRESSIONS for bits in (10, 14, 16, 24 if compression == "draco" else 32)
]
#: How far an attribute may be from what it was. Draco keeps 12 bits of texture places in the box that they fill.
UV = {"none": 0.6 / 65535, "meshopt": 0.6 / 65535, "draco": 0.6 / 4095 * 3}
NORMAL_DEGREES = {"none": 0.7, "meshopt": 1.2, "draco": 1.2}
COLOUR = 0.6 / 65535


def stored(tmp_path: Path, model: Model, compression: Compression, bits: int) -> Path:
    path = tmp_path / "model.glb"
    path.write_bytes(writing.write(model, Encoding(compression, bits), copyright="© 博物馆", extras={"object": "甲骨"}))
    return path


def rounding(model: Model, bits: int) -> float:
    """The most that a vertex may move."""
    low, high = model.bounds()
    side = float((high - low).max())
    # Floats keep 24 bits, and Draco decodes to them whatever it was given.
    floats = float(np.abs([low, high]).max()) * 2.0**-24 * 6
    return floats if bits == 32 else side / (2**bits - 1) / 2 * np.sqrt(3.0) + (floats if bits > 16 else 0)


def matched(before: Primitive, after: Primitive) -> np.ndarray:
    """The vertex of ``before`` that each of ``after`` was: nearest in place and texture; all triangles are the same."""
    assert len(after.faces) == len(before.faces)
    scale = 10.0

    def key(part: Primitive) -> np.ndarray:
        return np.column_stack([part.positions * scale, *part.uvs]) if part.uvs else part.positions * scale

    rows = np.asarray(cKDTree(key(before)).query(key(after))[1])
    # Where a part has no texture, both vertices of the seam are the same.
    alike = np.unique(key(before), axis=0, return_inverse=True)[1].reshape(-1)
    found, wanted = triples(alike[rows[after.faces]]), triples(alike[before.faces])
    assert found == wanted, "triangles were lost, turned over or joined wrongly"
    return rows


def triples(faces: np.ndarray) -> list[tuple[int, ...]]:
    """Faces without regard to which corner is first."""
    first = np.argmin(faces, axis=1)
    turned = faces[np.arange(len(faces))[:, None], (first[:, None] + np.arange(3)) % 3]
    return sorted(map(tuple, turned.tolist()))


@pytest.mark.parametrize(("compression", "bits"), WAYS)
def test_what_is_written_is_read_back(compression: Compression, bits: int, tmp_path: Path) -> None:
    model = models.full()
    back = reading.read(stored(tmp_path, model, compression, bits))
    assert len(back.primitives) == len(model.primitives)
    for before, after in zip(model.primitives, back.primitives, strict=True):
        rows = matched(before, after)
        moved = np.linalg.norm(after.positions - before.positions[rows], axis=1)
        assert moved.max() <= rounding(model, bits) * 1.0001 + 1e-9
        assert len(after.uvs) == len(before.uvs)
        for old, new in zip(before.uvs, after.uvs, strict=True):
            assert np.abs(new - old[rows]).max() <= UV[compression]
        for old_part, new_part in ((before.normals, after.normals), (before.colours, after.colours)):
            assert (old_part is None) == (new_part is None)
        if before.normals is not None and after.normals is not None:
            cosine = (before.normals[rows] * after.normals).sum(axis=1)
            assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < NORMAL_DEGREES[compression]
        if before.colours is not None and after.colours is not None:
            assert np.abs(before.colours[rows] - after.colours).max() <= COLOUR
        assert after.material == before.material


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_materials_textures_and_words_are_kept(compression: Compression, tmp_path: Path) -> None:
    model = models.full()
    path = stored(tmp_path, model, compression, 14)
    back = reading.read(path)
    assert back.materials == model.materials
    assert [entry.data for entry in back.textures] == [entry.data for entry in model.textures]
    assert [entry.mime for entry in back.textures] == [entry.mime for entry in model.textures]
    assert [entry.sampler for entry in back.textures] == [entry.sampler for entry in model.textures]
    assert back.asset["copyright"] == "© 博物馆"
    assert back.asset["extras"] == {"object": "甲骨"}
    assert checking.info(path)["triangles"] == model.triangles


@pytest.mark.parametrize(("compression", "bits"), WAYS)
def test_the_same_model_gives_the_same_bytes(compression: Compression, bits: int) -> None:
    model, encoding = models.full(), Encoding(compression, bits)
    assert writing.write(model, encoding) == writing.write(models.full(), encoding)


@pytest.mark.skipif(not khronos.available(), reason="Node or gltf-validator is not installed")
def test_the_khronos_validator_finds_nothing(tmp_path: Path) -> None:
    paths = []
    for compression, bits in WAYS:
        folder = tmp_path / f"{compression}{bits}"
        folder.mkdir()
        paths.append(stored(folder, models.full(), compression, bits))
    for path, report in zip(paths, khronos.validate_all(paths), strict=True):
        assert report is not None
        found = [m for m in report["issues"]["messages"] if m["severity"] < 2]
        # Normal maps without tangents: viewers make them as glTF 2.0 says.
        assert {m["code"] for m in found} <= {"MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"}, (path.parent.name, found)
        assert checking.judged(path, report) == []


# --- read by others ------------------------------------------------------------------------------------------


def document_of(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON and the BIN chunk, taken apart here."""
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def test_plain_files_as_the_specification_says(tmp_path: Path) -> None:
    """Accessors read with nothing but numpy, and the node's transform applied."""
    model = models.full()
    document, binary = document_of(stored(tmp_path, model, "none", 14))
    node = document["nodes"][0]
    kinds = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
    widths = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}

    def values(index: int) -> np.ndarray:
        entry = document["accessors"][index]
        view = document["bufferViews"][entry["bufferView"]]
        kind, width = np.dtype(kinds[entry["componentType"]]), widths[entry["type"]]
        stride = view.get("byteStride", kind.itemsize * width)
        assert stride % 4 == 0 or width == 1
        rows = np.ndarray((entry["count"], width), kind, binary, view["byteOffset"], (stride, kind.itemsize))
        if "min" in entry:
            assert (rows.min(axis=0) == entry["min"]).all()
            assert (rows.max(axis=0) == entry["max"]).all()
        return rows

    for before, entry in zip(model.primitives, document["meshes"][0]["primitives"], strict=True):
        points = values(entry["attributes"]["POSITION"]) * np.array(node["scale"]) + np.array(node["translation"])
        faces = values(entry["indices"]).reshape(-1, 3).astype(np.int64)
        uvs = values(entry["attributes"]["TEXCOORD_0"]) / 65535 if before.uvs else None
        made = Primitive(points, faces.astype(np.uint32), uvs=() if uvs is None else (uvs.astype(np.float32),))
        matched(replace(before, uvs=before.uvs[:1]), made)


@pytest.mark.parametrize(("compression", "bits"), [("none", 32), ("draco", 16)])
def test_trimesh_reads_the_same_surface(compression: Compression, bits: int, tmp_path: Path) -> None:
    import trimesh

    model = models.full()
    # trimesh does not know quantised positions, so plain files hold floats here.
    scene = trimesh.load(stored(tmp_path, model, compression, bits))
    positions, faces = model.surface()
    mine = trimesh.Trimesh(positions, faces, process=False)
    theirs = scene.to_mesh()
    assert len(theirs.faces) == len(faces)
    assert theirs.area == pytest.approx(mine.area, rel=1e-3)
    assert theirs.bounds == pytest.approx(mine.bounds, abs=rounding(model, bits))


def test_draco_reads_each_stream_by_itself(tmp_path: Path) -> None:
    import DracoPy

    model = models.full()
    document, binary = document_of(stored(tmp_path, model, "draco", 16))
    for before, entry in zip(model.primitives, document["meshes"][0]["primitives"], strict=True):
        packed = entry["extensions"]["KHR_draco_mesh_compression"]
        view = document["bufferViews"][packed["bufferView"]]
        mesh = DracoPy.decode(binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]])
        assert document["accessors"][entry["indices"]]["count"] == mesh.faces.size == before.faces.size
        tree = cKDTree(before.positions)
        assert tree.query(mesh.points)[0].max() <= rounding(model, 16) * 1.0001 + 1e-7
        assert entry["attributes"].keys() == packed["attributes"].keys()
        unique = {attribute["unique_id"]: attribute for attribute in mesh.attributes}
        for name, index in entry["attributes"].items():
            held = unique[packed["attributes"][name]]["data"]
            assert document["accessors"][index]["count"] == len(held)
            assert document["accessors"][index]["type"] == f"VEC{held.shape[1]}"


_DECODER = Path(__file__).resolve().parents[2] / "heritage3d/viewer/node_modules/meshoptimizer/meshopt_decoder.cjs"
_DECODE = """
const part = require(process.argv[1]), MeshoptDecoder = part.MeshoptDecoder || part;
const fs = require("fs");
MeshoptDecoder.ready.then(() => {
  for (const [file, count, stride, mode, filter] of JSON.parse(fs.readFileSync(0, "utf8"))) {
    const target = new Uint8Array(count * stride);
    MeshoptDecoder.decodeGltfBuffer(target, count, stride, new Uint8Array(fs.readFileSync(file)), mode, filter);
    console.log(Buffer.from(target).toString("hex"));
  }
});
"""


@pytest.mark.skipif(khronos.node() is None or not _DECODER.is_file(), reason="Node or meshoptimizer is not installed")
def test_the_decoder_of_browsers_gives_the_same_bytes(tmp_path: Path) -> None:
    path = stored(tmp_path, models.full(), "meshopt", 14)
    document, binary = document_of(path)
    asked, wanted = [], []
    ours = Document(container.read(path))
    for index, view in enumerate(document["bufferViews"]):
        if "extensions" not in view:
            continue
        packed = view["extensions"]["EXT_meshopt_compression"]
        file = tmp_path / f"{index}.bin"
        file.write_bytes(binary[packed["byteOffset"] : packed["byteOffset"] + packed["byteLength"]])
        asked.append([str(file), packed["count"], packed["byteStride"], packed["mode"], packed.get("filter", "NONE")])
        wanted.append(bytes(ours.view(index)[0]).hex())
    assert len(asked) == 12
    command = [str(khronos.node()), "-e", _DECODE, "--", str(_DECODER)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == wanted


def test_pygltflib_knows_the_document(tmp_path: Path) -> None:
    import pygltflib

    loaded = pygltflib.GLTF2().load(str(stored(tmp_path, models.full(), "meshopt", 14)))
    assert loaded is not None
    assert loaded.extensionsRequired == ["EXT_meshopt_compression", "EXT_texture_webp", "KHR_mesh_quantization"]
    assert loaded.asset.copyright == "© 博物馆"
    assert len(loaded.materials) == 2


# --- edges ---------------------------------------------------------------------------------------------------


def test_parts_of_one_material_become_one_and_no_crack_opens(tmp_path: Path) -> None:
    left, right = models.bowl(8), models.bowl(8, at=0.05)
    # The right part ends where the left begins: the same corners must be rounded to the same places.
    shared = left.positions[:9]
    right = replace(right, positions=np.vstack([shared, right.positions[9:]]))
    model = Model((replace(left, material=None), replace(right, colours=None)), unit="m")
    for compression in COMPRESSIONS:
        back = reading.read(stored(tmp_path, model, compression, 10))
        assert len(back.primitives) == 2  # colours are not the same, so they stay two
        one, two = (set(map(tuple, part.positions.tolist())) for part in back.primitives)
        assert len(one & two) >= len({tuple(row) for row in np.round(shared, 9).tolist()}) - 1
    same = Model((left, models.bowl(8, at=0.3)), unit="m")
    assert len(reading.read(stored(tmp_path, same, "meshopt", 14)).primitives) == 1


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_one_triangle_and_flat_and_far_models(compression: Compression, tmp_path: Path) -> None:
    triangle = Primitive(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float64), np.array([[0, 1, 2]], np.uint32))
    for offset in (0.0, 1000.0):
        model = Model((replace(triangle, positions=triangle.positions + offset),))
        back = reading.read(stored(tmp_path, model, compression, 14))
        assert back.triangles == 1
        assert (
            np.abs(np.sort(back.primitives[0].positions, axis=0) - np.sort(model.primitives[0].positions, axis=0)).max()
            < 1e-4
        )


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_more_vertices_than_16_bits_count(compression: Compression, tmp_path: Path) -> None:
    model = Model((models.bowl(260),))
    assert model.vertices > 65536
    back = reading.read(stored(tmp_path, model, compression, 14))
    assert back.triangles == model.triangles
    assert back.surface()[1].max() > 65535


def test_a_container_of_four_gigabytes_is_refused_before_it_is_made() -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return 2**32

        def __add__(self, other: bytes) -> Huge:
            return self

    with pytest.raises(MeshTooLarge):
        container.pack({"asset": {"version": "2.0"}}, Huge())
