"""Clouds and surfaces as binary PLY files: what densify and surface write, readable by every mesh program."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from heritage3d.errors import DenseUnreadable, SurfaceUnreadable
from heritage3d.photogrammetry.fusion import Cloud
from heritage3d.photogrammetry.surface import Surface

POINTS = "points.ply"
_NAMES = {"<f8": "double", "<f4": "float", "|u1": "uchar", "<i4": "int"}
_POINT = np.dtype(
    [(axis, "<f8") for axis in "xyz"]
    + [(axis, "<f4") for axis in ("nx", "ny", "nz")]
    + [(colour, "u1") for colour in ("red", "green", "blue")]
    + [("views", "u1"), ("spread", "<f4"), ("footprint", "<f4")]
)
_VERTEX = np.dtype(
    [(axis, "<f8") for axis in "xyz"]
    + [(axis, "<f4") for axis in ("nx", "ny", "nz")]
    + [(colour, "u1") for colour in ("red", "green", "blue")]
    + [("confidence", "<f4"), ("density", "<f4")]
)
_FACE = np.dtype([("count", "u1"), ("corners", "<i4", (3,)), ("invented", "u1")])


def write_cloud(path: Path, cloud: Cloud, unit: str | None) -> None:
    """The cloud as PLY; ``unit`` ("m") is noted in a comment, None where the scale is unknown."""
    rows = np.empty(len(cloud.points), _POINT)
    for names, values in ((("x", "y", "z"), cloud.points), (("nx", "ny", "nz"), cloud.normals)):
        for k, name in enumerate(names):
            rows[name] = values[:, k]
    for k, name in enumerate(("red", "green", "blue")):
        rows[name] = cloud.colours[:, k]
    rows["views"], rows["spread"], rows["footprint"] = cloud.views, cloud.spread, cloud.footprint
    path.write_bytes(_header(unit, "point", rows) + rows.tobytes())


def read_cloud(path: Path) -> tuple[Cloud, str | None]:
    """A cloud that ``write_cloud`` wrote, and its unit. Raises DenseUnreadable."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DenseUnreadable(file=path.name, detail=error.strerror or "cannot be read") from error
    head, mark, body = data.partition(b"end_header\n")
    count = next((line.split()[-1] for line in head.split(b"\n") if line.startswith(b"element vertex ")), b"")
    wanted = _header(None, "point", np.empty(0, _POINT)).split(b"property", 1)[1].removesuffix(b"end_header\n")
    if not mark or not count.isdigit() or not head.endswith(wanted) or len(body) != int(count) * _POINT.itemsize:
        raise DenseUnreadable(file=path.name, detail="it is not a whole cloud of points as densify writes it")
    rows = np.frombuffer(body, _POINT)
    unit = next(
        (line.split()[-1].decode() for line in head.split(b"\n") if line.startswith(b"comment unit ")), "unknown"
    )
    cloud = Cloud(
        np.stack([rows[name] for name in "xyz"], axis=1),
        np.stack([rows[name] for name in ("nx", "ny", "nz")], axis=1),
        np.stack([rows[name] for name in ("red", "green", "blue")], axis=1),
        rows["views"].copy(),
        rows["spread"].copy(),
        rows["footprint"].copy(),
    )
    return cloud, None if unit == "unknown" else unit


def write_surface(path: Path, surface: Surface, unit: str | None) -> None:
    """The surface as PLY with ``confidence`` and ``density`` of each vertex and ``invented`` of each face."""
    rows = np.empty(len(surface.vertices), _VERTEX)
    for names, values in ((("x", "y", "z"), surface.vertices), (("nx", "ny", "nz"), surface.normals)):
        for k, name in enumerate(names):
            rows[name] = values[:, k]
    for k, name in enumerate(("red", "green", "blue")):
        rows[name] = surface.colours[:, k]
    rows["confidence"], rows["density"] = surface.confidence, surface.density
    faces = np.empty(len(surface.faces), _FACE)
    faces["count"], faces["corners"], faces["invented"] = 3, surface.faces, surface.invented
    head = _header(unit, "surface", rows).removesuffix(b"end_header\n")
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nproperty uchar invented\n".encode()
    path.write_bytes(head + b"end_header\n" + rows.tobytes() + faces.tobytes())


def read_surface(path: Path) -> tuple[Surface, str | None]:
    """A surface that ``write_surface`` wrote, and its unit. Raises SurfaceUnreadable."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SurfaceUnreadable(file=path.name, detail=error.strerror or "cannot be read") from error
    head, mark, body = data.partition(b"end_header\n")
    lines = head.decode("latin-1").split("\n")
    counts = [int(line.split()[-1]) for line in lines if line.startswith("element ") and line.split()[-1].isdigit()]
    unit = next((line.split()[-1] for line in lines if line.startswith("comment unit ")), "unknown")
    whole = len(counts) == 2 and len(body) == counts[0] * _VERTEX.itemsize + counts[1] * _FACE.itemsize
    if not mark or not whole or "comment surfaces of heritage3d" not in lines or not counts[0]:
        raise SurfaceUnreadable(file=path.name, detail="it is not a whole surface as the stage surface writes it")
    rows = np.frombuffer(body, _VERTEX, counts[0])
    faces = np.frombuffer(body, _FACE, counts[1], counts[0] * _VERTEX.itemsize)
    corners = faces["corners"].astype(np.int64)
    vertices = np.stack([rows[name] for name in "xyz"], axis=1)
    if not len(corners) or corners.min() < 0 or corners.max() >= counts[0] or not np.isfinite(vertices).all():
        raise SurfaceUnreadable(file=path.name, detail="its triangles do not fit its vertices")
    surface = Surface(
        vertices,
        corners,
        np.stack([rows[name] for name in ("nx", "ny", "nz")], axis=1),
        np.stack([rows[name] for name in ("red", "green", "blue")], axis=1),
        rows["confidence"].copy(),
        rows["density"].copy(),
        faces["invented"] != 0,
    )
    return surface, None if unit == "unknown" else unit


def _header(unit: str | None, what: str, rows: np.ndarray) -> bytes:
    lines = ["ply", "format binary_little_endian 1.0", f"comment {what}s of heritage3d"]
    lines.append(f"comment unit {unit}" if unit else "comment unit unknown")
    lines.append(f"element vertex {len(rows)}")
    assert rows.dtype.fields is not None
    lines += [f"property {_NAMES[kind[0].str]} {name}" for name, kind in rows.dtype.fields.items()]
    return ("\n".join(lines) + "\nend_header\n").encode()
