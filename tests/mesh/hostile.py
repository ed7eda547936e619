"""PLY, OBJ and STL files that lie, each with the code that it must be refused with."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.gltf.builder import png

Maker = Callable[[Path], Path]
CASES: dict[str, tuple[str, Maker]] = {}

_VERTICES = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"


def raw(name: str, code: str, suffix: str, data: bytes | str | Callable[[], bytes], **others: bytes | str) -> None:
    """A file with some others beside it; __ in their names is a dot."""

    def maker(folder: Path) -> Path:
        for other, content in others.items():
            (folder / other.replace("__", ".")).write_bytes(_bytes(content))
        path = folder / f"model.{suffix}"
        path.write_bytes(_bytes(data() if callable(data) else data))
        return path

    CASES[f"{suffix}: {name}"] = (code, maker)


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def ply(
    name: str,
    code: str,
    *,
    form: str = "binary_little_endian",
    vertices: int | str = 3,
    faces: int | str = 1,
    count: str = "uchar",
    index: str = "int",
    axes: str = "float",
    body: bytes | None = None,
    extra: str = "",
) -> None:
    """A triangle in a PLY, with something wrong about it."""
    header = f"ply\nformat {form} 1.0\n{extra}element vertex {vertices}\n"
    header += "".join(f"property {axes} {axis}\n" for axis in "xyz")
    header += f"element face {faces}\nproperty list {count} {index} vertex_indices\nend_header\n"
    whole = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes() + b"\3" + struct.pack("<iii", 0, 1, 2)
    raw(name, code, "ply", header.encode() + (whole if body is None else body))


_POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes()


def corners(*values: int, length: bytes | None = None) -> bytes:
    return _POINTS + (bytes([len(values)]) if length is None else length) + struct.pack(f"<{len(values)}i", *values)


# --- PLY -----------------------------------------------------------------------------------------------------

ply("an index out of range", "H3D-414", body=corners(0, 1, 3))
ply("a negative index", "H3D-414", body=corners(0, 1, -1))
ply("an unsigned index of 4 billion", "H3D-414", index="uint", body=corners(0, 1, -1))
ply("indices as NaN", "H3D-414", index="float", body=_POINTS + b"\3" + struct.pack("<fff", 0, 1, np.nan))
ply("more vertices than bytes", "H3D-410", vertices=5)
ply("a billion vertices", "H3D-415", vertices=10**9)
ply("100 million vertices", "H3D-410", vertices=10**8)
ply("10^30 vertices", "H3D-415", vertices=10**30)
ply("a negative number of vertices", "H3D-410", vertices=-3)
ply("vertices by a word", "H3D-410", vertices="many")
ply("more faces than bytes", "H3D-410", faces=2)
ply("no face", "H3D-412", faces=0)
ply("a negative list length", "H3D-410", count="char", body=corners(0, 1, 2, length=b"\xff"))
ply("a negative list length in the second face", "H3D-410", count="char", faces=2, body=corners(0, 1, 2) + b"\xfd" * 9)
ply("a list length of 4 billion", "H3D-410", count="uint", body=corners(0, 1, 2, length=b"\xff" * 4))
ply("a list length as a float", "H3D-410", count="float", body=corners(0, 1, 2, length=struct.pack("<f", 3)))
ply("faces of two corners", "H3D-412", body=corners(0, 1))
ply("a position is NaN", "H3D-413", body=struct.pack("<f", np.nan) + corners(0, 1, 2)[4:])
ply("a position is infinite", "H3D-413", body=struct.pack("<f", np.inf) + corners(0, 1, 2)[4:])
ply("an unknown type", "H3D-410", axes="quaternion")
ply("an unknown form", "H3D-410", form="binary_middle_endian")
ply("an unknown line", "H3D-410", extra="elephant vertex 3\n")
ply("a property before any element", "H3D-410", extra="property float w\n")
ply("text where numbers should be", "H3D-410", form="ascii", body=b"0 0 0 one 0 0 0 1 0\n3 0 1 2\n")
ply("text that ends early", "H3D-410", form="ascii", body=b"0 0 0 1 0 0 0 1 0\n3 0 1")
ply("text with a negative list length", "H3D-410", form="ascii", body=b"0 0 0 1 0 0 0 1 0\n-3 0 1 2\n")
ply("text with infinite positions", "H3D-413", form="ascii", body=b"0 0 0 1e999 0 0 0 1 0\n3 0 1 2\n")
raw("no end of the header", "H3D-410", "ply", b"ply\nformat ascii 1.0\n" + b"comment x\n" * 300_000)
raw("a header of one endless line", "H3D-410", "ply", lambda: b"ply\ncomment " + b"x" * 40_000_000)
raw("nothing but its name", "H3D-410", "ply", b"ply\n")
raw("text in one endless line", "H3D-415", "ply", lambda: b"ply\nformat ascii 1.0\nend_header\n" + b"0 " * 20_000_000)
_HEADER = (
    "ply\nformat ascii 1.0\n{}element vertex 3\n{}element face 1\nproperty list uchar int vertex_indices\nend_header\n"
)
_XYZ = "property float x\nproperty float y\nproperty float z\n"
raw(
    "a vertex that is a list",
    "H3D-410",
    "ply",
    _HEADER.format("", _XYZ.replace("float x", "list uchar float x")) + "1 0 0 0\n" * 3 + "3 0 1 2\n",
)
raw(
    "a texture outside",
    "H3D-416",
    "ply",
    _HEADER.format("comment TextureFile ../secret.png\n", _XYZ + "property float s\nproperty float t\n")
    + "0 0 0 0 0\n1 0 0 0 0\n0 1 0 0 0\n3 0 1 2\n",
)
raw("ten thousand elements", "H3D-412", "ply", b"ply\nformat ascii 1.0\n" + b"element e 0\n" * 10_000 + b"end_header\n")

# --- OBJ -----------------------------------------------------------------------------------------------------

raw("an index out of range", "H3D-414", "obj", _VERTICES + "f 1 2 4\n")
raw("index 0", "H3D-414", "obj", _VERTICES + "f 0 1 2\n")
raw("a negative index too far back", "H3D-414", "obj", _VERTICES + "f -1 -2 -4\n")
raw("a texture place out of range", "H3D-414", "obj", _VERTICES + "vt 0 0\nf 1/1 2/1 3/2\n")
raw("a normal out of range", "H3D-414", "obj", _VERTICES + "vn 0 0 1\nf 1//1 2//1 3//9\n")
raw("an index beyond 64 bits", "H3D-410", "obj", _VERTICES + f"f 1 2 {10**25}\n")
raw("an index that is a word", "H3D-410", "obj", _VERTICES + "f one two three\n")
raw("an index that is a fraction", "H3D-410", "obj", _VERTICES + "f 1 2 2.5\n")
raw("a position is NaN", "H3D-413", "obj", _VERTICES + "v nan 0 0\nf 1 2 4\n")
raw("a position is infinite", "H3D-413", "obj", _VERTICES + "v 1e999 0 0\nf 1 2 4\n")
raw("all positions and colours are NaN", "H3D-413", "obj", "v nan nan nan nan nan nan\n" * 3 + "f 1 2 3\n")
raw("a position of two numbers", "H3D-410", "obj", "v 0 0\nv 1 0\nv 0 1\nf 1 2 3\n")
raw("a position that is a word", "H3D-410", "obj", "v 0 0 zero\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
raw("no face", "H3D-412", "obj", _VERTICES)
raw("faces of two corners", "H3D-412", "obj", _VERTICES + "f 1 2\n" * 9)
raw("faces without vertices", "H3D-412", "obj", "f 1 2 3\n")
raw("only lines and points", "H3D-412", "obj", _VERTICES + "l 1 2 3\np 1\n")
raw(
    "a polygon of corners that are not there",
    "H3D-414",
    "obj",
    lambda: (_VERTICES + "f " + "1 2 3 4 " * 200_000).encode(),
)
raw("a comment without an end", "H3D-415", "obj", lambda: _VERTICES.encode() + b"#" * 40_000_000)
raw(
    "materials without an end and without a library",
    "H3D-415",
    "obj",
    lambda: (_VERTICES + "".join(f"usemtl m{number}\nf 1 2 3\n" for number in range(200_000))).encode(),
)
raw(
    "a million materials",
    "H3D-415",
    "obj",
    "mtllib a.mtl\n" + _VERTICES + "f 1 2 3\n",
    a__mtl="".join(f"newmtl m{number}\n" for number in range(1_000_000)),
)
raw("a library that is not there", "H3D-417", "obj", "mtllib a.mtl\n" + _VERTICES + "f 1 2 3\n")
raw("a library outside", "H3D-416", "obj", "mtllib ../a.mtl\n" + _VERTICES + "f 1 2 3\n")
raw("a library at an absolute path", "H3D-416", "obj", "mtllib /etc/passwd\n" + _VERTICES + "f 1 2 3\n")
raw("a library at a drive", "H3D-416", "obj", "mtllib C:\\a.mtl\n" + _VERTICES + "f 1 2 3\n")
raw("a library of the net", "H3D-416", "obj", "mtllib http://127.0.0.1:9/a.mtl\n" + _VERTICES + "f 1 2 3\n")

_DRESSED = "mtllib a.mtl\n" + _VERTICES + "vt 0 0\nusemtl a\nf 1/1 2/1 3/1\n"
raw("a texture that is not there", "H3D-417", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd absent.png\n")
raw("a texture outside", "H3D-416", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd ../secret.png\n")
raw("a texture outside by backslashes", "H3D-416", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd ..\\..\\secret.png\n")
raw("a texture of the net", "H3D-416", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd http://127.0.0.1:9/a.png\n")
raw("a texture without a name", "H3D-417", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd\n")
raw("a texture of nothing but options", "H3D-417", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd -s 1 1\n")
raw("a texture that is text", "H3D-420", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd a.png\n", a__png="no picture")
_BOMB = png(65_535, 65_535, rows=1)
raw("a texture that is a bomb", "H3D-415", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd a.png\n", a__png=_BOMB)
raw("a texture cut off", "H3D-420", "obj", _DRESSED, a__mtl="newmtl a\nmap_Kd a.png\n", a__png=png(99, 99, rows=50))

# --- STL -----------------------------------------------------------------------------------------------------


def stl(count: int, triangles: list[list[float]], head: bytes = b"") -> bytes:
    records = b"".join(struct.pack("<12fH", 0, 0, 0, *triangle, 0) for triangle in triangles)
    return head.ljust(80, b" ") + struct.pack("<I", count) + records


_TRIANGLE = [0.0, 0, 0, 1, 0, 0, 0, 1, 0]
_FACET = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"

raw("a count too great", "H3D-410", "stl", stl(2, [_TRIANGLE]))
raw("a count too small", "H3D-410", "stl", stl(1, [_TRIANGLE] * 2))
raw("a count of 4 billion", "H3D-410", "stl", stl(0xFFFFFFFF, [_TRIANGLE]))
raw("no triangle", "H3D-412", "stl", stl(0, []))
raw("a position is NaN", "H3D-413", "stl", stl(1, [[np.nan, *_TRIANGLE[1:]]]))
raw("a position is infinite", "H3D-413", "stl", stl(1, [[-np.inf, *_TRIANGLE[1:]]]))
raw("a head that says solid facet", "H3D-413", "stl", stl(1, [[np.nan, *_TRIANGLE[1:]]], b"solid facet"))
raw("text cut off in a facet", "H3D-410", "stl", f"solid a\n{_FACET * 3}"[:-60])
raw("text cut off between facets", "H3D-410", "stl", f"solid a\n{_FACET * 3}")
raw("text without a facet", "H3D-412", "stl", "solid a\nendsolid a\n")
raw("text with words as numbers", "H3D-410", "stl", f"solid a\n{_FACET}endsolid\n".replace("1 0 0", "one 0 0"))
raw(
    "text in one endless line", "H3D-415", "stl", lambda: b"solid a facet " + b"vertex 0 0 0 " * 3_000_000 + b"endsolid"
)

# --- neither -------------------------------------------------------------------------------------------------

raw("empty", "H3D-411", "obj", b"")
raw("zeros", "H3D-411", "ply", bytes(100_000))
raw("an archive", "H3D-411", "obj", b"PK\3\4" + bytes(200))
raw("a program", "H3D-411", "ply", b"\x7fELF" + bytes(200))
raw("a page of the net", "H3D-411", "obj", "<!DOCTYPE html><html></html>")
