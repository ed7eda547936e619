"""The forms in which geometry comes inside a glTF: packed, quantised, sparse; each read to the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import meshopt
import numpy as np
import pytest

from heritage3d.gltf import reading
from tests.gltf import builder

RNG = np.random.default_rng(4)
COUNT = 300
POSITIONS = np.round(RNG.random((COUNT, 3)) * 4000).astype(np.uint16)
FACES = RNG.permutation(COUNT).astype(np.uint32)
NORMALS = RNG.normal(size=(COUNT, 3))
NORMALS /= np.linalg.norm(NORMALS, axis=1)[:, None]


def packed(extension: str, version: int, path: Path) -> Path:
    """A GLB whose views are all packed by meshopt: quantised positions, octahedral normals, colours, indices."""
    document, _ = builder.square()
    binary = bytearray()
    views: list[dict[str, Any]] = []
    fallback = 0

    def view(rows: np.ndarray, mode: str, scheme: str | None = None) -> int:
        nonlocal fallback, binary
        stream = meshopt.encode_gltf_buffer(rows, mode, version)
        binary += b"\0" * (-len(binary) % 4)
        entry: dict[str, Any] = {"buffer": 0, "byteOffset": len(binary), "byteLength": len(stream)}
        entry |= {"byteStride": rows.nbytes // len(rows), "count": len(rows), "mode": mode}
        if scheme:
            entry["filter"] = scheme
        binary += stream
        views.append({"buffer": 1, "byteOffset": fallback, "byteLength": rows.nbytes, "extensions": {extension: entry}})
        if mode == "ATTRIBUTES":
            views[-1]["byteStride"] = entry["byteStride"]
        fallback += -(-rows.nbytes // 4) * 4
        return len(views) - 1

    four = np.zeros((COUNT, 4), np.uint16)
    four[:, :3] = POSITIONS
    wide = np.zeros((COUNT, 4), np.float32)
    wide[:, :3] = NORMALS
    document["accessors"] = [
        {"bufferView": view(four, "ATTRIBUTES"), "componentType": 5123, "count": COUNT, "type": "VEC3"},
        {
            "bufferView": view(meshopt.encode_filter_oct(wide, 8, 12), "ATTRIBUTES", "OCTAHEDRAL"),
            "componentType": 5122,
            "normalized": True,
            "count": COUNT,
            "type": "VEC3",
        },
        {"bufferView": view(FACES, "TRIANGLES"), "componentType": 5125, "count": COUNT, "type": "SCALAR"},
    ]
    document["meshes"][0]["primitives"] = [{"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2}]
    document["nodes"] = [{"mesh": 0, "scale": [0.001] * 3}]
    if extension.startswith("KHR"):  # only the newer extension has colours as a filter
        shades = np.concatenate([np.linspace(0, 1, COUNT)[:, None].repeat(3, 1), np.ones((COUNT, 1))], 1)
        colours = meshopt.encode_filter_color(shades.astype(np.float32), 4, 8)
        colour = {"bufferView": view(colours, "ATTRIBUTES", "COLOR"), "componentType": 5121, "normalized": True}
        document["accessors"].append({**colour, "count": COUNT, "type": "VEC4"})
        document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = 3
    document["bufferViews"] = views
    document["buffers"] = [{"byteLength": len(binary)}, {"byteLength": fallback}]
    document["extensionsRequired"] = document["extensionsUsed"] = [extension, "KHR_mesh_quantization"]
    return builder.write(path, document, bytes(binary))


@pytest.mark.parametrize(("extension", "version"), [("EXT_meshopt_compression", 0), ("KHR_meshopt_compression", 1)])
def test_both_codecs_of_meshopt_are_read(extension: str, version: int, tmp_path: Path) -> None:
    part = reading.read(packed(extension, version, tmp_path / "a.glb")).primitives[0]
    wanted = POSITIONS[FACES.reshape(-1, 3)] * 0.001
    found = part.positions[part.faces]
    # The index codec may turn a triangle, so that another corner is the first.
    assert found.sum(axis=1) == pytest.approx(wanted.sum(axis=1))
    assert part.normals is not None
    order = np.lexsort(part.positions.T)
    given = np.lexsort(POSITIONS.T)
    cosine = (part.normals[order] * NORMALS[given]).sum(axis=1)
    assert cosine.min() > np.cos(np.radians(0.2))
    if version:
        assert part.colours is not None
        assert np.abs(part.colours[order, 0] - np.linspace(0, 1, COUNT)[given]).max() < 2 / 255


def test_sparse_positions_replace_those_of_the_view_or_zeros(tmp_path: Path) -> None:
    document, binary = builder.square()
    binary += b"\0" * (-len(binary) % 4)
    extra = np.array([1, 3], np.uint16).tobytes() + np.array([[5, 0, 0], [0, 7, 0]], np.float32).tobytes()
    at = len(binary)
    document["bufferViews"] += [
        {"buffer": 0, "byteOffset": at, "byteLength": 4},
        {"buffer": 0, "byteOffset": at + 4, "byteLength": 24},
    ]
    document["accessors"][0]["sparse"] = {
        "count": 2,
        "indices": {"bufferView": 3, "componentType": 5123},
        "values": {"bufferView": 4},
    }
    document["buffers"] = [{"byteLength": at + 28}]
    found = reading.read(builder.write(tmp_path / "a.glb", document, binary + extra)).primitives[0].positions
    assert found.tolist() == [[0, 0, 0], [5, 0, 0], [1, 1, 0], [0, 7, 0]]
    del document["accessors"][0]["bufferView"]
    found = reading.read(builder.write(tmp_path / "b.glb", document, binary + extra)).primitives[0].positions
    assert found.tolist() == [[0, 0, 0], [5, 0, 0], [0, 0, 0], [0, 7, 0]]


@pytest.mark.parametrize(
    ("component", "kind"), [(5120, np.int8), (5121, np.uint8), (5122, np.int16), (5123, np.uint16)]
)
@pytest.mark.parametrize("normalized", [False, True])
def test_quantised_positions(component: int, kind: type[np.integer[Any]], normalized: bool, tmp_path: Path) -> None:
    document, _ = builder.square()
    most = np.iinfo(kind).max
    values = np.array([[0, 0, 0], [most, 0, 0], [most, most, 0], [0, most, 0]], kind)
    width = 4 * kind(0).itemsize
    rows = np.zeros((4, 4), kind)
    rows[:, :3] = values
    binary = rows.tobytes() + builder.INDICES.tobytes()
    document["accessors"] = [
        {"bufferView": 0, "componentType": component, "normalized": normalized, "count": 4, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5123, "count": 6, "type": "SCALAR"},
    ]
    document["bufferViews"] = [
        {"buffer": 0, "byteLength": 4 * width, "byteStride": width},
        {"buffer": 0, "byteOffset": 4 * width, "byteLength": 12},
    ]
    document["buffers"] = [{"byteLength": len(binary)}]
    document["meshes"][0]["primitives"] = [{"attributes": {"POSITION": 0}, "indices": 1}]
    document["extensionsRequired"] = document["extensionsUsed"] = ["KHR_mesh_quantization"]
    found = reading.read(builder.write(tmp_path / "a.glb", document, binary)).primitives[0].positions
    assert found == pytest.approx(values / (most if normalized else 1))
