"""glTF files that lie, each with the code that it must be refused with."""

from __future__ import annotations

import base64
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.gltf.builder import Document, changed, chunk, glb, packed, png, square, textured, write

Maker = Callable[[Path], Path]
CASES: dict[str, tuple[str, Maker]] = {}


def case(name: str, code: str) -> Callable[[Maker], Maker]:
    def kept(maker: Maker) -> Maker:
        CASES[name] = (code, maker)
        return maker

    return kept


def document(name: str, code: str, where: str, value: Any) -> None:
    """A sound file in which one value is another."""
    CASES[name] = (code, lambda folder: write(folder / "model.glb", changed(square()[0], where, value), square()[1]))


def raw(name: str, code: str, data: Callable[[], bytes], suffix: str = ".glb") -> None:
    def maker(folder: Path) -> Path:
        (folder / f"model{suffix}").write_bytes(data())
        return folder / f"model{suffix}"

    CASES[name] = (code, maker)


def geometry(name: str, code: str, at: int, data: bytes) -> None:
    """A sound file in which some bytes of the BIN chunk are others."""

    def maker(folder: Path) -> Path:
        good, binary = square()
        return write(folder / "model.glb", good, binary[:at] + data + binary[at + len(data) :])

    CASES[name] = (code, maker)


def loose(name: str, code: str, uri: str) -> None:
    """A .gltf whose buffer lies where the URI says."""

    def maker(folder: Path) -> Path:
        good, binary = square()
        inside = folder / "inside"
        inside.mkdir()
        (folder / "secret.bin").write_bytes(binary)
        (inside / "model.gltf").write_text(json.dumps(changed(good, "buffers/0/uri", uri)))
        return inside / "model.gltf"

    CASES[name] = (code, maker)


# --- the container -------------------------------------------------------------------------------------------

raw("empty", "H3D-411", lambda: b"")
raw("only the magic", "H3D-418", lambda: b"glTF")
raw("version 1", "H3D-419", lambda: glb(*square(), version=1))
raw("version 3", "H3D-419", lambda: glb(*square(), version=3))
raw("length too great", "H3D-418", lambda: glb(*square(), length=1 << 20))
raw("length of 4 GB", "H3D-418", lambda: glb(*square(), length=0xFFFFFFFF))
raw("length too small", "H3D-418", lambda: glb(*square(), length=40))
raw("length of nothing", "H3D-418", lambda: glb(*square(), length=0))
raw("chunk longer than the file", "H3D-418", lambda: packed(chunk(b"JSON", b"{}  ", 0x7FFFFFFC)))
raw("chunk of an odd length", "H3D-418", lambda: packed(chunk(b"JSON", b'{"asset":{"version":"2.0"}}')))
raw("no JSON", "H3D-418", lambda: packed(chunk(b"BIN\0", b"\0" * 8)))
raw("JSON behind BIN", "H3D-418", lambda: packed(chunk(b"BIN\0", b"\0" * 8) + chunk(b"JSON", b"{}  ")))
raw("JSON twice", "H3D-418", lambda: packed(chunk(b"JSON", b"{}  ") * 2))
raw("BIN twice", "H3D-418", lambda: packed(chunk(b"JSON", json.dumps(square()[0]).encode()) + chunk(b"BIN\0", b"") * 2))

# --- the JSON ------------------------------------------------------------------------------------------------

raw("not JSON", "H3D-418", lambda: glb(b"{asset: 2.0}", None))
raw("NaN as a number", "H3D-418", lambda: glb(b'{"asset":{"version":"2.0"},"scene":NaN}', None))
raw("JSON is a list", "H3D-418", lambda: glb(b"[]", None))
raw("JSON nested a million deep", "H3D-418", lambda: glb(b"[" * 1_000_000, None))
raw("JSON objects nested deep", "H3D-418", lambda: glb(b'{"a":' * 100_000, None))
raw("JSON in UTF-16", "H3D-418", lambda: glb('{"asset":{"version":"2.0"}}'.encode("utf-16"), None))
raw("asset is absent", "H3D-419", lambda: b'{"scenes": [], "buffers": [], "accessors": []}', ".gltf")
raw("glTF 1", "H3D-419", lambda: b'{"asset": {"version": "1.0"}, "buffers": {}}', ".gltf")
raw("cut-off text", "H3D-418", lambda: json.dumps(square()[0]).encode()[:-20], ".gltf")
document("meshes is an object", "H3D-418", "meshes", {"0": {}})
document("accessors is text", "H3D-418", "accessors", "all of them")
document("a mesh is a number", "H3D-418", "meshes/0", 7)
document("primitives is null", "H3D-418", "meshes/0/primitives", None)
document("attributes is a list", "H3D-418", "meshes/0/primitives/0/attributes", [0])
document("extensions is a list", "H3D-418", "meshes/0/primitives/0/extensions", [1])
document("an unknown extension is required", "H3D-419", "extensionsRequired", ["EXT_from_elsewhere"])
document("extensionsRequired holds objects", "H3D-418", "extensionsRequired", [{}])
document("mode 7", "H3D-418", "meshes/0/primitives/0/mode", 7)

# --- the scene -----------------------------------------------------------------------------------------------

document("the scene does not exist", "H3D-418", "scene", 1)
document("a node does not exist", "H3D-418", "scenes/0/nodes", [5])
document("a negative node", "H3D-418", "scenes/0/nodes", [-1])
document("a node is its own child", "H3D-418", "nodes", [{"mesh": 0, "children": [0]}])
document("a circle of nodes", "H3D-418", "nodes", [{"children": [1]}, {"children": [2]}, {"children": [0], "mesh": 0}])
document("a node with two parents", "H3D-418", "nodes", [{"children": [1, 2]}, {"children": [2]}, {"mesh": 0}])
document("a circle that no scene names", "H3D-412", "nodes", [{}, {"children": [2], "mesh": 0}, {"children": [1]}])
document("a mesh does not exist", "H3D-418", "nodes/0/mesh", 3)
document("a matrix of 15 numbers", "H3D-418", "nodes/0/matrix", [1] * 15)
document("a matrix of words", "H3D-418", "nodes/0/matrix", ["1"] * 16)
document("a scale beyond all measure", "H3D-413", "nodes/0/scale", [1e20, 1, 1])
document("a scale beyond float64", "H3D-418", "nodes/0/scale", [1e300, 1, 1])
document("only points", "H3D-412", "meshes/0/primitives/0/mode", 0)
document("no primitive", "H3D-412", "meshes/0/primitives", [])


@case("a hundred thousand nodes in a row", "H3D-415")
def _(folder: Path) -> Path:
    good, binary = square()
    count = 100_001
    good["nodes"] = [{"children": [at + 1]} for at in range(count)] + [{"mesh": 0}]
    return write(folder / "model.glb", good, binary)


@case("nodes that double at each level", "H3D-418")
def _(folder: Path) -> Path:
    good, binary = square()
    good["nodes"] = [{"children": [at + 1, at + 1]} for at in range(60)] + [{"mesh": 0}]
    return write(folder / "model.glb", good, binary)


@case("a million materials", "H3D-415")
def _(folder: Path) -> Path:
    good, binary = square()
    good["materials"] = [{}] * 1_000_000
    good["meshes"][0]["primitives"][0]["material"] = 999_999
    return write(folder / "model.glb", good, binary)


def _large(folder: Path, change: Callable[[Document], None]) -> Path:
    """A mesh of 30,000 triangles, named again and again."""
    good, _ = square()
    positions = np.random.default_rng(1).random((10_000, 3), np.float32)
    indices = np.arange(90_000, dtype=np.uint16) % 10_000
    binary = positions.tobytes() + indices.tobytes()
    good["accessors"] = [{**good["accessors"][0], "count": 10_000}, {**good["accessors"][1], "count": 90_000}]
    good["bufferViews"] = [
        {"buffer": 0, "byteLength": 120_000},
        {"buffer": 0, "byteOffset": 120_000, "byteLength": 180_000},
    ]
    good["buffers"] = [{"byteLength": len(binary)}]
    good["meshes"] = [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}]
    change(good)
    return write(folder / "model.glb", good, binary)


@case("one mesh at a thousand nodes", "H3D-415")
def _(folder: Path) -> Path:
    def change(good: Document) -> None:
        good["nodes"] = [{"children": list(range(1, 1001))}] + [{"mesh": 0}] * 1000

    return _large(folder, change)


@case("one primitive a thousand times", "H3D-415")
def _(folder: Path) -> Path:
    return _large(folder, lambda good: good["meshes"][0].update(primitives=good["meshes"][0]["primitives"] * 1000))


@case("all vertices again for every triangle", "H3D-415")
def _(folder: Path) -> Path:
    def change(good: Document) -> None:
        good["accessors"].append({**good["accessors"][1], "count": 3})
        good["meshes"][0]["primitives"] = [{"attributes": {"POSITION": 0}, "indices": 2}] * 20_000

    return _large(folder, change)


# --- accessors and buffers -----------------------------------------------------------------------------------

geometry("an index out of range", "H3D-414", 48, struct.pack("<H", 4))
geometry("the restart index", "H3D-414", 48, b"\xff\xff")
geometry("a position is NaN", "H3D-413", 0, struct.pack("<f", np.nan))
geometry("a position is infinite", "H3D-413", 20, struct.pack("<f", -np.inf))
geometry("a position beyond all measure", "H3D-413", 4, struct.pack("<f", 3e38))
document("more vertices than bytes", "H3D-418", "accessors/0/count", 5)
document("2^31 vertices", "H3D-415", "accessors/0/count", 1 << 31)
document("10^18 indices", "H3D-418", "accessors/1/count", 10**18)
document("a negative count", "H3D-418", "accessors/0/count", -4)
document("half a vertex", "H3D-418", "accessors/0/count", 3.5)
document("no vertex", "H3D-418", "accessors/0/count", 0)
document("a count of true", "H3D-418", "accessors/0/count", True)
document("an unknown component", "H3D-418", "accessors/0/componentType", 5124)
document("positions of two numbers", "H3D-418", "accessors/0/type", "VEC2")
document("positions as a matrix", "H3D-418", "accessors/0/type", "MAT4")
document("signed indices", "H3D-418", "accessors/1/componentType", 5122)
document(
    "indices as floats",
    "H3D-418",
    "accessors/1",
    {"bufferView": 0, "componentType": 5126, "count": 6, "type": "SCALAR"},
)
document("a mark that does not exist", "H3D-418", "meshes/0/primitives/0/attributes/_INVENTED", 9)
document("indices that do not exist", "H3D-418", "meshes/0/primitives/0/indices", 9)
document("a material that does not exist", "H3D-418", "meshes/0/primitives/0/material", 0)
document("texture places of another number", "H3D-418", "accessors/2/count", 3)
document("an offset beyond the view", "H3D-418", "accessors/0/byteOffset", 4)
document("a negative offset", "H3D-418", "accessors/0/byteOffset", -4)
document("a view beyond the buffer", "H3D-418", "bufferViews/0/byteLength", 1 << 20)
document("a view of 2^52 bytes", "H3D-418", "bufferViews/0/byteLength", 1 << 52)
document("a view that begins behind the buffer", "H3D-418", "bufferViews/0/byteOffset", 1 << 40)
document("a view with a negative beginning", "H3D-418", "bufferViews/0/byteOffset", -1)
document("a stride of one byte", "H3D-418", "bufferViews/0/byteStride", 1)
document("a stride of 4 GB", "H3D-418", "bufferViews/0/byteStride", 1 << 32)
document("a view of no buffer", "H3D-418", "bufferViews/0/buffer", 1)
document("a buffer longer than its data", "H3D-418", "buffers/0/byteLength", 1 << 20)
document("a buffer of no length", "H3D-418", "buffers/0/byteLength", 0)
document("zeros without a view", "H3D-412", "accessors/1", {"componentType": 5123, "count": 2, "type": "SCALAR"})
document("gigabytes of zeros", "H3D-415", "accessors/0", {"componentType": 5126, "count": 140_000_000, "type": "VEC3"})
document("more zeros than bytes", "H3D-418", "accessors/0", {"componentType": 5126, "count": 2_000_000, "type": "VEC3"})


def sparse(name: str, code: str, **lies: Any) -> None:
    """Positions of which one is replaced, with something wrong about it."""

    def maker(folder: Path) -> Path:
        good, binary = square()
        index = lies.get("index", 1)
        binary += struct.pack("<I", index) + b"\0" * 12
        good["bufferViews"] += [
            {"buffer": 0, "byteOffset": len(binary) - 16, "byteLength": 4},
            {"buffer": 0, "byteOffset": len(binary) - 12, "byteLength": 12},
        ]
        good["buffers"][0]["byteLength"] = len(binary)
        good["accessors"][0]["sparse"] = {
            "count": lies.get("count", 1),
            "indices": {"bufferView": lies.get("view", 3), "componentType": lies.get("kind", 5125)},
            "values": {"bufferView": 4, "byteOffset": lies.get("offset", 0)},
        }
        return write(folder / "model.glb", good, binary)

    CASES[name] = (code, maker)


sparse("a sparse index out of range", "H3D-418", index=4)
sparse("a sparse index of 4 billion", "H3D-418", index=0xFFFFFFFF)
sparse("more sparse entries than entries", "H3D-418", count=5)
sparse("more sparse entries than bytes", "H3D-418", count=2)
sparse("sparse indices as floats", "H3D-418", kind=5126)
sparse("sparse values beyond their view", "H3D-418", offset=4)
sparse("a sparse view that does not exist", "H3D-418", view=77)

# --- other files ---------------------------------------------------------------------------------------------

loose("a way out", "H3D-416", "../secret.bin")
loose("a way out in percent signs", "H3D-416", "%2e%2e%2fsecret.bin")
loose("a way out by a detour", "H3D-416", "a/../../secret.bin")
loose("a way out with backslashes", "H3D-416", "..\\secret.bin")
loose("an absolute path", "H3D-416", "/etc/passwd")
loose("a drive", "H3D-416", "C:/secret.bin")
loose("a file address", "H3D-416", "file:///etc/passwd")
loose("an address of the net", "H3D-416", "http://127.0.0.1:9/secret.bin")
loose("an address without a scheme", "H3D-416", "//127.0.0.1/secret.bin")
loose("a name with a zero", "H3D-416", "a%00.bin")
loose("a file that is not there", "H3D-417", "absent.bin")
loose("the folder itself", "H3D-417", ".")
loose("a name of 10,000 letters", "H3D-417", "a" * 10_000)
loose("data that are not base64", "H3D-418", "data:application/octet-stream;base64,@@@@")
loose("data that are too short", "H3D-418", "data:application/octet-stream;base64," + base64.b64encode(b"abc").decode())
loose("data without an encoding", "H3D-418", "data:,abc")


@case("a link out of the folder", "H3D-416")
def _(folder: Path) -> Path:
    good, binary = square()
    (folder / "inside").mkdir()
    (folder / "secret.bin").write_bytes(binary)
    (folder / "inside" / "link.bin").symlink_to(folder / "secret.bin")
    (folder / "inside" / "model.gltf").write_text(json.dumps(changed(good, "buffers/0/uri", "link.bin")))
    return folder / "inside" / "model.gltf"


@case("a circle of links", "H3D-417")
def _(folder: Path) -> Path:
    (folder / "a.bin").symlink_to("b.bin")
    (folder / "b.bin").symlink_to("a.bin")
    (folder / "model.gltf").write_text(json.dumps(changed(square()[0], "buffers/0/uri", "a.bin")))
    return folder / "model.gltf"


@case("a pipe that never ends", "H3D-417")
def _(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.bin")
    (folder / "model.gltf").write_text(json.dumps(changed(square()[0], "buffers/0/uri", "pipe.bin")))
    return folder / "model.gltf"


# --- packed geometry -----------------------------------------------------------------------------------------


def draco(name: str, code: str, change: Callable[[bytes], bytes], **lies: Any) -> None:
    """A square in a Draco stream, with something wrong about it."""

    def maker(folder: Path) -> Path:
        import DracoPy

        from tests.gltf.builder import INDICES, POSITIONS

        stream = change(DracoPy.encode(POSITIONS.astype(np.float64), INDICES.reshape(-1, 3), quantization_bits=10))
        good, _ = square()
        good["accessors"] = [{k: v for k, v in entry.items() if k != "bufferView"} for entry in good["accessors"][:2]]
        good["accessors"][lies.get("accessor", 1)]["count"] = lies.get("count", 6)
        good["bufferViews"] = [{"buffer": 0, "byteLength": len(stream)}]
        good["buffers"] = [{"byteLength": len(stream)}]
        packed = {"bufferView": lies.get("view", 0), "attributes": {"POSITION": lies.get("id", 0)}}
        good["meshes"][0]["primitives"] = [
            {
                "attributes": {"POSITION": 0},
                "indices": 1,
                "extensions": {"KHR_draco_mesh_compression": packed},
            }
        ]
        good["extensionsRequired"] = good["extensionsUsed"] = ["KHR_draco_mesh_compression"]
        return write(folder / "model.glb", good, stream)

    CASES[name] = (code, maker)


draco("Draco: the accessor claims more faces", "H3D-418", lambda data: data, count=9)
draco("Draco: the accessor claims more points", "H3D-418", lambda data: data, accessor=0, count=7)
draco("Draco: an attribute that is not there", "H3D-418", lambda data: data, id=5)
draco("Draco: a view that is not there", "H3D-418", lambda data: data, view=1)
draco("Draco: cut off", "H3D-418", lambda data: data[: len(data) // 2])
draco("Draco: only its header", "H3D-418", lambda data: data[:11])
draco("Draco: another file", "H3D-418", lambda data: b"\0" * len(data))
draco("Draco: four billion faces", "H3D-418", lambda data: data[:11] + b"\xff\xff\xff\xff\x0f" + data[12:])
draco("Draco: a point cloud", "H3D-418", lambda data: data[:7] + b"\0" + data[8:])


def meshopt(name: str, code: str, **lies: Any) -> None:
    """Positions packed by meshopt, with something wrong about them."""

    def maker(folder: Path) -> Path:
        import meshopt as codec

        from tests.gltf.builder import POSITIONS

        stream = codec.encode_gltf_buffer(POSITIONS, "ATTRIBUTES")
        stream = lies.get("change", lambda data: data)(stream)
        good, binary = square()
        binary += b"\0" * (-len(binary) % 4)
        count = lies.get("count", 4)
        good["bufferViews"][0] = {
            "buffer": 1,
            "byteLength": lies.get("length", 12 * count),
            "extensions": {
                "EXT_meshopt_compression": {
                    "buffer": 0,
                    "byteOffset": len(binary),
                    "byteLength": len(stream),
                    "byteStride": lies.get("stride", 12),
                    "count": count,
                    "mode": lies.get("mode", "ATTRIBUTES"),
                    "filter": lies.get("filter", "NONE"),
                }
            },
        }
        binary += stream
        good["buffers"] = [{"byteLength": len(binary)}, {"byteLength": 48}]
        good["extensionsRequired"] = good["extensionsUsed"] = ["EXT_meshopt_compression"]
        return write(folder / "model.glb", good, binary)

    CASES[name] = (code, maker)


meshopt("meshopt: garbage", "H3D-418", change=lambda data: b"\x17" * len(data))
meshopt("meshopt: cut off", "H3D-418", change=lambda data: data[: len(data) // 2])
meshopt("meshopt: more vertices than are there", "H3D-418", count=300)
meshopt("meshopt: a gigabyte from a few bytes", "H3D-418", count=90_000_000)
meshopt("meshopt: another length", "H3D-418", length=96)
meshopt("meshopt: an odd stride", "H3D-418", stride=7)
meshopt("meshopt: an unknown mode", "H3D-418", mode="PLASTIC")
meshopt("meshopt: an unknown filter", "H3D-418", filter="ROSY")
meshopt("meshopt: positions as triangles", "H3D-418", mode="TRIANGLES")


# --- textures ------------------------------------------------------------------------------------------------


def image(name: str, code: str, data: Callable[[], bytes], mime: str = "image/png") -> None:
    CASES[name] = (code, lambda folder: write(folder / "model.glb", *textured(*square(), data(), mime)))


image("a PNG bomb", "H3D-415", lambda: png(9_000, 9_000))
image("a PNG that claims 4 gigapixels", "H3D-415", lambda: png(65_535, 65_535, rows=1))
image("a PNG with no pixel", "H3D-420", lambda: png(0, 0))
image("a PNG that is cut off", "H3D-420", lambda: png(500, 500, rows=200))
image("a PNG of nothing but its head", "H3D-420", lambda: png(50, 50)[:40])
image("a picture that is text", "H3D-420", lambda: b"this is no picture at all" * 4)
image("a picture in SVG", "H3D-420", lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
image("an archive as a picture", "H3D-420", lambda: b"PK\x03\x04" + b"\0" * 60)
image(
    "a JPEG of nothing but its head", "H3D-420", lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", "image/jpeg"
)
document(
    "a texture that does not exist",
    "H3D-418",
    "materials",
    [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 3}}}],
)
