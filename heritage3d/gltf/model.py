"""A model in memory: triangles with their attributes, glTF materials and textures, in one coordinate system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf.about import About

Positions = NDArray[np.float64]  # (n, 3)
Faces = NDArray[np.uint32]  # (m, 3)
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Texture:
    """An image as it was captured (its encoded bytes) and how it is sampled (a glTF sampler)."""

    data: bytes
    mime: str  # image/jpeg, image/png, image/webp, image/ktx2
    sampler: dict[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Primitive:
    """Triangles with one material. Attributes have one row a vertex; positions are in model units.

    ``invented`` says that nobody captured these triangles: they fill a hole or were interpolated. Such triangles
    are never in one primitive with captured ones, so that a viewer can switch them off and a measurement can
    leave them out (``Model.evidence``).
    """

    positions: Positions
    faces: Faces
    normals: Floats | None = None  # (n, 3), unit length
    uvs: tuple[Floats, ...] = ()  # (n, 2) each, glTF convention: v downwards
    colours: Floats | None = None  # (n, 4), 0 to 1, linear
    material: int | None = None
    invented: bool = False


@dataclass(frozen=True)
class Model:
    """A whole model; node transforms are applied.

    ``materials`` are glTF materials as JSON objects whose texture indices point into ``textures``.
    ``unit`` is "m" where the format defines it, None where it does not. ``notes`` says what the file
    held beside triangles and was left out (skins, animations, lines), with counts. ``asset`` is what
    the file says of itself (generator, copyright, title), ``about`` what its packet of XMP says of the object.
    """

    primitives: tuple[Primitive, ...]
    materials: tuple[dict[str, Any], ...] = ()
    textures: tuple[Texture, ...] = ()
    format: str = ""
    unit: str | None = None
    notes: dict[str, int] = field(default_factory=dict)
    asset: dict[str, Any] = field(default_factory=dict)
    about: About | None = None

    @property
    def vertices(self) -> int:
        """Rows of all position arrays."""
        return sum(len(entry.positions) for entry in self.primitives)

    @property
    def triangles(self) -> int:
        """Triangles of all primitives."""
        return sum(len(entry.faces) for entry in self.primitives)

    def surface(self) -> tuple[Positions, Faces]:
        """All triangles as one: positions (n, 3) float64 and faces (m, 3) uint32."""
        starts = np.cumsum([0, *(len(entry.positions) for entry in self.primitives)])
        positions = np.concatenate([entry.positions for entry in self.primitives])
        faces = [entry.faces + np.uint32(start) for entry, start in zip(self.primitives, starts[:-1], strict=True)]
        return positions, np.concatenate(faces)

    def bounds(self) -> NDArray[np.float64]:
        """The least and the greatest corner of the box around all vertices in use, (2, 3)."""
        used = [entry.positions[_used(entry)] for entry in self.primitives]
        # Column by column: numpy takes ten times as long along the rows of a narrow array.
        corners = np.array([[[edge(part[:, axis]) for axis in range(3)] for edge in (np.min, np.max)] for part in used])
        return np.stack([corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)])

    def evidence(self) -> Model:
        """The model without what was invented: the surface that deviations are stated for."""
        return replace(self, primitives=tuple(entry for entry in self.primitives if not entry.invented))

    def transformed(self, matrix: NDArray[np.float64]) -> Model:
        """The same model with every position multiplied by a 4x4 matrix (column vectors)."""
        return replace(self, primitives=tuple(transformed(entry, matrix) for entry in self.primitives))


def transformed(primitive: Primitive, matrix: NDArray[np.float64]) -> Primitive:
    """The primitive with its positions and normals multiplied by a 4x4 matrix; a mirror turns the faces over."""
    if np.array_equal(matrix, np.eye(4)):
        return primitive
    linear = matrix[:3, :3]
    positions = primitive.positions @ linear.T + matrix[:3, 3]
    normals = primitive.normals
    if normals is not None:
        # The cofactor matrix transforms normals rightly also where a scale is zero or negative.
        cofactor = np.stack(
            [np.cross(linear[1], linear[2]), np.cross(linear[2], linear[0]), np.cross(linear[0], linear[1])]
        )
        turned = normals.astype(np.float64) @ cofactor.T
        normals = unit(turned if np.linalg.det(linear) >= 0 else -turned)
    faces = primitive.faces if np.linalg.det(linear) >= 0 else np.ascontiguousarray(primitive.faces[:, ::-1])
    return replace(primitive, positions=positions, normals=normals, faces=faces)


def _used(primitive: Primitive) -> NDArray[np.bool_]:
    """Which vertices a face names, (n,); a mark for each is ten times as fast as sorting all indices."""
    used = np.zeros(len(primitive.positions), bool)
    used[primitive.faces.reshape(-1)] = True
    return used


def compacted(primitive: Primitive) -> Primitive:
    """The primitive without the vertices that no face uses; the others keep their order."""
    used = np.flatnonzero(_used(primitive))
    if len(used) == len(primitive.positions):
        return primitive
    place = np.zeros(len(primitive.positions), np.uint32)
    place[used] = np.arange(len(used), dtype=np.uint32)
    return Primitive(
        positions=primitive.positions[used],
        faces=place[primitive.faces],
        normals=None if primitive.normals is None else primitive.normals[used],
        uvs=tuple(uv[used] for uv in primitive.uvs),
        colours=None if primitive.colours is None else primitive.colours[used],
        material=primitive.material,
        invented=primitive.invented,
    )


def unit(vectors: NDArray[Any]) -> Floats:
    """The vectors at unit length, (n, 3) float32; those without a direction become +Z."""
    wide = np.clip(vectors.astype(np.float64), -1e100, 1e100)
    length = np.linalg.norm(wide, axis=1)
    good = np.isfinite(length) & (length > 1e-20)
    result = np.zeros_like(wide)
    result[:, 2] = 1
    np.divide(wide, length[:, None], out=result, where=good[:, None])
    return result.astype(np.float32)


def texture_slots(material: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every texture reference of a material with the name of its slot ("baseColorTexture")."""
    for key, value in material.items():
        if isinstance(value, dict):
            if key.endswith("Texture") and "index" in value:
                yield key, value
            else:
                yield from texture_slots(value)
