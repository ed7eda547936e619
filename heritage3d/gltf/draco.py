"""KHR_draco_mesh_compression: one primitive to a Draco bitstream and back, behind checks of what it claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The least that a point or a face costs in a Draco stream is a few hundredths of a byte (a regular grid).
_FACES_PER_BYTE = 400


class DracoFault(ValueError):
    """A Draco stream is damaged or claims what cannot be."""


@dataclass(frozen=True)
class Decoded:
    """A decoded primitive: faces (m, 3) uint32 and attributes by their unique id."""

    faces: NDArray[np.uint32]
    attributes: dict[int, NDArray[Any]]


def decode(data: bytes, most: int) -> Decoded:
    """Decode a Draco mesh of at most ``most`` faces and as many points.

    The counts are read from the header first (Draco bitstream specification, section 3), so that a lie
    is found before memory is asked for. Raises DracoFault.
    """
    import DracoPy

    claimed = _claimed(data)
    if claimed is not None and max(claimed) > min(3 * most, len(data) * _FACES_PER_BYTE):
        raise DracoFault(f"the stream of {len(data)} bytes claims {claimed[0]} faces and {claimed[1]} points")
    try:
        mesh = DracoPy.decode(data)
        faces = np.asarray(mesh.faces, np.uint32).reshape(-1, 3)
        attributes = {int(entry["unique_id"]): np.asarray(entry["data"]) for entry in mesh.attributes}
    except (AttributeError, ValueError, TypeError, KeyError, MemoryError, RuntimeError) as error:
        raise DracoFault(f"the stream cannot be decoded ({type(error).__name__})") from error
    except Exception as error:  # DracoPy derives its own exceptions from Exception
        if type(error).__module__.partition(".")[0] != "DracoPy":
            raise
        raise DracoFault("the stream is damaged") from error
    points = {len(entry) for entry in attributes.values()}
    if len(points) != 1 or not len(faces) or int(faces.max()) >= points.pop():
        raise DracoFault("the decoded faces do not fit the decoded points")
    return Decoded(faces, attributes)


def _claimed(data: bytes) -> tuple[int, int] | None:
    """Faces and points that the header of a mesh of version 2.2 claims, None for older versions."""
    if len(data) < 12 or data[:5] != b"DRACO" or data[7] != 1:
        raise DracoFault("the stream is no Draco mesh")
    if (data[5], data[6]) < (2, 2):
        return None
    flags = int.from_bytes(data[9:11], "little")
    if flags & 0x8000:  # metadata comes first; the decoder walks it
        return None
    if data[8] == 0:
        faces, at = _varint(data, 11)
        points, _ = _varint(data, at)
    else:
        points, at = _varint(data, 12)
        faces, _ = _varint(data, at)
    return faces, points


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step in range(5):
        if at + step >= len(data):
            break
        value |= (data[at + step] & 0x7F) << (7 * step)
        if not data[at + step] & 0x80:
            return value, at + step + 1
    raise DracoFault("the stream ends inside its header")


@dataclass(frozen=True)
class Bits:
    """Quantisation of a Draco stream in bits; None keeps floats."""

    positions: int
    normals: int | None = 8
    uvs: int | None = 12


def encode(
    positions: NDArray[np.float64],
    faces: NDArray[np.uint32],
    attributes: Mapping[str, NDArray[Any]],
    bits: Bits,
    grid: tuple[NDArray[np.float64], float],
) -> tuple[bytes, dict[str, int]]:
    """A Draco stream and the unique id of each attribute in it (glTF names: POSITION, NORMAL, TEXCOORD_0 …).

    ``grid`` is the origin and the side of the cube that the position bits divide: one for all primitives
    of a model, so that no crack opens between them. Raises DracoFault.
    """
    import DracoPy

    named: dict[str, Any] = {}
    if "NORMAL" in attributes:
        named["normals"] = attributes["NORMAL"].astype(np.float64)
    if "TEXCOORD_0" in attributes:
        named["tex_coord"] = attributes["TEXCOORD_0"].astype(np.float64)
    generic = {
        100 + at: data for at, (name, data) in enumerate(attributes.items()) if name not in ("NORMAL", "TEXCOORD_0")
    }
    try:
        data = DracoPy.encode(
            positions,
            faces,
            quantization_bits=bits.positions,
            quantization_origin=[float(value) for value in grid[0]],
            quantization_range=float(grid[1]),
            compression_level=10,
            generic_attributes=generic or None,
            normal_quantization_bits=bits.normals,
            tex_coord_quantization_bits=bits.uvs,
            **named,
        )
    except (ValueError, AssertionError, TypeError, RuntimeError) as error:
        raise DracoFault(f"cannot be encoded: {error}") from error
    return data, _ids(data, attributes)


def _ids(data: bytes, attributes: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """The unique ids as the encoder gave them: found by attribute type, as DracoPy chooses them itself."""
    import DracoPy

    found = {entry["attribute_type"]: entry["unique_id"] for entry in reversed(DracoPy.decode(data).attributes)}
    ids = {"POSITION": int(found[0])}
    for at, name in enumerate(attributes):
        ids[name] = int(found[{"NORMAL": 1, "TEXCOORD_0": 3}[name]]) if name in ("NORMAL", "TEXCOORD_0") else 100 + at
    return ids
