"""Triangle meshes as arrays, written as binary PLY with colours or as OBJ with a texture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ColouredMesh:
    """``vertices_mm`` float32 (n, 3), ``triangles`` int32 (m, 3), ``colours`` uint8 sRGB (n, 3)."""

    vertices_mm: NDArray[np.float32]
    triangles: NDArray[np.int32]
    colours: NDArray[np.uint8]


@dataclass(frozen=True)
class TexturedMesh:
    """Positions (n, 3) in mm and texture coordinates (k, 2, v upwards), with their own triangles (m, 3) each."""

    vertices_mm: NDArray[np.float32]
    triangles: NDArray[np.int32]
    texture: NDArray[np.float32]
    texture_triangles: NDArray[np.int32]


def write_ply(path: Path, mesh: ColouredMesh) -> None:
    """Binary little-endian PLY with a colour for each vertex."""
    vertices = np.empty(len(mesh.vertices_mm), [("xyz", "<f4", 3), ("rgb", "u1", 3)])
    vertices["xyz"], vertices["rgb"] = mesh.vertices_mm, mesh.colours
    faces = np.empty(len(mesh.triangles), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, mesh.triangles
    header = [
        "ply", "format binary_little_endian 1.0", "comment coordinates in millimetres",
        f"element vertex {len(vertices)}", *(f"property float {axis}" for axis in "xyz"),
        *(f"property uchar {name}" for name in ("red", "green", "blue")),
        f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header", "",
    ]  # fmt: skip
    path.write_bytes("\n".join(header).encode() + vertices.tobytes() + faces.tobytes())


def write_obj(path: Path, mesh: TexturedMesh, texture_name: str) -> None:
    """OBJ with its MTL beside it; the material's picture is ``texture_name`` in the same folder."""
    material = path.with_suffix(".mtl")
    material.write_text(f"newmtl surface\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {texture_name}\n", "utf-8")
    corners = np.stack([mesh.triangles, mesh.texture_triangles], -1).reshape(len(mesh.triangles), 6) + 1
    lines = ["# coordinates in millimetres", f"mtllib {material.name}"]
    lines += ["v {:.4f} {:.4f} {:.4f}".format(*row) for row in mesh.vertices_mm.tolist()]
    lines += ["vt {:.6f} {:.6f}".format(*row) for row in mesh.texture.tolist()]
    lines += ["usemtl surface"]
    lines += ["f {}/{} {}/{} {}/{}".format(*row) for row in corners.tolist()]
    path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
