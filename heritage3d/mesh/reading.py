"""The one door through which meshes come in: PLY, OBJ, STL, glTF and GLB, judged by their content."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from heritage3d.errors import CaptureUnreadable, Heritage3dError, MeshError, MeshFormatUnknown, MeshTooLarge
from heritage3d.gltf import reading as gltf
from heritage3d.gltf.model import Model
from heritage3d.mesh import obj, ply, ply_header, stl
from heritage3d.mesh.recognising import Name, format_of, is_binary_stl
from heritage3d.pipeline import limits

_HEAD = 4096
_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 24  # a polygon of a million corners


def read(path: Path) -> Model:
    """Any mesh that this project reads, checked: indices in range, positions finite, at least one triangle.

    The content decides the format; a suffix is never trusted. Nothing outside the model's own folder is
    opened. Raises MeshError subclasses and CaptureUnreadable, no library's own exception.
    """
    name, data = _opened(path)
    if name in ("GLB", "glTF"):
        return gltf.read(path)
    try:
        with np.errstate(invalid="ignore", over="ignore"):  # what is no number is found by the checks
            if name == "PLY":
                return ply.read(path, data)
            return stl.read(path, data) if name == "STL" else obj.read(path, data)
    except Heritage3dError:
        raise
    except (IndexError, KeyError, ValueError, TypeError, OverflowError, MemoryError) as error:
        raise MeshError(file=path.name, detail=f"it is malformed ({type(error).__name__})") from error
    except OSError as error:
        raise MeshError(file=path.name, detail=f"a part of it cannot be opened ({error.strerror})") from error


def _opened(path: Path) -> tuple[Name, bytes]:
    try:
        size = path.stat().st_size
        if size > limits.MAX_MESH_BYTES:
            raise MeshTooLarge(file=path.name, count=size, limit=limits.MAX_MESH_BYTES, what="bytes")
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            name = format_of(head, size)
            if name is None:
                detail = "the file is empty" if not size else "neither PLY, OBJ, STL nor glTF 2.0"
                # A text that calls itself glTF further down than the first 4 KiB is still one.
                if path.suffix.lower() == ".gltf" and head.lstrip()[:1] == b"{":
                    return "glTF", b""
                if size and path.suffix.lower() == ".stl":
                    raise MeshError(file=path.name, detail="its size does not fit its number of triangles")
                raise MeshFormatUnknown(file=path.name, detail=detail)
            if name in ("GLB", "glTF"):
                return name, b""
            _bounded(path, name, head, stream)
            stream.seek(0)
            return name, stream.read()
    except OSError as error:
        raise CaptureUnreadable(file=path.name, detail=error.strerror or "") from error


def _bounded(path: Path, name: Name, head: bytes, stream: BinaryIO) -> None:
    """Refuse text with endless lines before it is in memory: no scanner writes such, and each would cost its length.

    ``stream`` stands behind ``head``.
    """
    if name == "PLY":
        head += stream.read(ply_header.MOST_HEADER - len(head))
        if b"end_header" not in head:
            raise MeshError(file=path.name, detail="the header has no end")
    if (name == "PLY" and not ply_header.is_ascii(head)) or (
        name == "STL" and is_binary_stl(head, path.stat().st_size)
    ):
        return
    without = len(head) - 1 - max(head.rfind(b"\n"), head.rfind(b"\r"))
    while block := stream.read(_BLOCK):
        last = max(block.rfind(b"\n"), block.rfind(b"\r"))
        without = without + len(block) if last < 0 else len(block) - 1 - last
        if without > _LONGEST_LINE:
            raise MeshTooLarge(file=path.name, count=without, limit=_LONGEST_LINE, what="bytes in one line")


def companions(path: Path) -> list[Path]:
    """The other files that belong to a mesh (materials, textures, buffers), below its own folder.

    Raises UnsafeReference and CompanionMissing, and MeshError where the file itself cannot be read.
    """
    name, data = _opened(path)
    if name == "GLB":
        return []
    if name == "glTF":
        return gltf.companions(path)
    try:
        if name == "PLY":
            return ply.companions(path, data)
        return obj.companions(path, data) if name == "OBJ" else []
    except OSError as error:
        raise MeshError(file=path.name, detail=f"a part of it cannot be opened ({error.strerror})") from error


def describe(path: Path) -> dict[str, Any]:
    """What `heritage3d info` says of a mesh: counts, extent in the file's own unit, materials, textures."""
    model = read(path)
    low, high = model.bounds()
    extent = [round(float(value), 6) for value in high - low]
    return {
        "format": model.format,
        "vertices": model.vertices,
        "triangles": model.triangles,
        "extent": extent,
        "unit": model.unit,
        "materials": len(model.materials),
        "textures": [{"type": entry.mime, "bytes": len(entry.data)} for entry in model.textures],
        "attributes": sorted(
            {
                name
                for entry in model.primitives
                for name, present in (
                    ("normals", entry.normals is not None),
                    ("texture coordinates", bool(entry.uvs)),
                    ("colours", entry.colours is not None),
                )
                if present
            }
        ),
        "left out": model.notes,
    }
