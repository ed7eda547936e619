"""glTF and GLB to a model: scene, nodes, primitives, materials, textures; Draco, meshopt and WebP inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import (
    Heritage3dError,
    MeshEmpty,
    MeshIndexOutOfRange,
    MeshNotFinite,
    MeshUnsupported,
)
from heritage3d.gltf import about as words
from heritage3d.gltf import container, draco, honesty, materials, references, scene
from heritage3d.gltf.document import Document
from heritage3d.gltf.model import Model, Primitive, compacted, transformed, unit
from heritage3d.pipeline import limits

READ_EXTENSIONS = frozenset(
    {
        "EXT_meshopt_compression",
        "KHR_meshopt_compression",
        "EXT_texture_webp",
        "KHR_draco_mesh_compression",
        "KHR_mesh_quantization",
        "KHR_materials_unlit",
        "KHR_texture_basisu",
        "KHR_texture_transform",
        "KHR_materials_variants",
        "KHR_xmp_json_ld",
        *materials.KEPT_EXTENSIONS,
    }
)


def read(path: Path) -> Model:
    """The default scene of a glTF file as triangles in metres, +Y up, with node transforms applied.

    Morph targets, skins, animations, lines and points are left out and counted in ``notes``.
    Raises MeshError subclasses: GltfInvalid, MeshUnsupported, MeshEmpty, MeshNotFinite,
    MeshIndexOutOfRange, MeshTooLarge, UnsafeReference, CompanionMissing.
    """
    document = Document(container.read(path))
    try:
        with np.errstate(invalid="ignore", over="ignore"):  # what is no number is found by the checks
            return _model(document)
    except Heritage3dError:
        raise
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        # The typed getters cover what we know of; a shape of JSON that nobody thought of is a fault of the file.
        raise document.fault(f"the document is malformed ({type(error).__name__})") from error
    except OSError as error:
        raise document.fault(f"a part of it cannot be opened ({error.strerror})") from error


def _model(document: Document) -> Model:
    required = document.root.get("extensionsRequired", [])
    unknown = [name for name in required if name not in READ_EXTENSIONS]
    if unknown:
        raise MeshUnsupported(file=document.path.name, detail=f"it needs the extension {unknown[0]}")
    placed = scene.placed_meshes(document)
    scene.check_counts(document, placed)
    notes: dict[str, int] = {}
    loaded: dict[int, list[Primitive]] = {}
    primitives: list[Primitive] = []
    for entry in placed:
        if entry.mesh not in loaded:
            loaded[entry.mesh] = _primitives(document, entry.mesh, notes)
        primitives += [transformed(primitive, entry.matrix) for primitive in loaded[entry.mesh]]
    for key in ("skins", "animations"):
        if document.entries(key):
            notes[key] = len(document.entries(key))
    if not primitives:
        raise MeshEmpty(file=document.path.name)
    for primitive in primitives:
        _check_finite(document, primitive.positions)
    textures, listed = materials.read(document, notes)
    if listed and honesty.is_cut(listed[-1]) and all(part.material != len(listed) - 1 for part in primitives):
        listed.pop()  # the variant that hides what is invented; writing puts it there again
    asset = document.child(document.root, "asset")
    extras = asset.get("extras")
    # glTF is in metres; a model from photographs without a known length says that it is not.
    scaled = not (isinstance(extras, dict) and extras.get("scale") == "unknown")
    return Model(
        primitives=tuple(primitives),
        materials=tuple(listed),
        textures=tuple(textures),
        format="GLB" if document.source.is_glb else "glTF",
        unit="m" if scaled else None,
        notes=notes,
        asset=asset,
        about=words.of(document.root),
    )


# --- primitives --------------------------------------------------------------------------------------------


def _primitives(document: Document, mesh: int, notes: dict[str, int]) -> list[Primitive]:
    result = []
    for entry in scene.listed(document, mesh):
        mode = document.integer(entry, "mode", 4)
        if mode > 6:
            raise document.fault(f"mesh {mesh} has a primitive of mode {mode}")
        if mode < 4:
            notes["lines or points"] = notes.get("lines or points", 0) + 1
            continue
        if entry.get("targets"):
            notes["morph targets"] = notes.get("morph targets", 0) + 1
        primitive = _primitive(document, entry, mode)
        if primitive is not None:
            result.append(primitive)
    return result


def _primitive(document: Document, entry: dict[str, Any], mode: int) -> Primitive | None:
    packed = document.extension(entry, "KHR_draco_mesh_compression")
    names = document.child(entry, "attributes")
    if "POSITION" not in names:
        return None
    values = _Attributes(document, names) if packed is None else _DracoAttributes(document, names, packed, entry)
    positions = values.floats("POSITION", "VEC3")
    if positions is None:
        raise document.fault("a primitive has no positions")
    _check_finite(document, positions)
    if isinstance(values, _DracoAttributes):
        faces = values.faces
    else:
        faces = _faces(document, entry.get("indices"), mode, len(positions))
    if not len(faces):
        return None
    normals = values.floats("NORMAL", "VEC3")
    uvs = [values.floats(f"TEXCOORD_{index}", "VEC2") for index in range(2)]
    material = entry.get("material")
    if material is not None:
        document.entry("materials", material)
    sound = {len(part) for part in (positions, normals, *uvs) if part is not None}
    colours = values.colours()
    if len(sound) != 1 or (colours is not None and len(colours) != len(positions)):
        raise document.fault("the attributes of a primitive differ in length")
    made = Primitive(
        positions=positions,
        faces=faces,
        normals=None if normals is None else unit(normals),
        uvs=tuple(_finite(part) for part in (uvs if uvs[0] is not None else []) if part is not None),
        colours=colours,
        material=None if material is None else int(material),
        invented=_invented(document, values),
    )
    return made if 6 * len(faces) >= len(positions) else compacted(made)


def _invented(document: Document, values: _Attributes) -> bool:
    """Whether every vertex says that nobody captured it (see ``honesty``)."""
    if honesty.ATTRIBUTE not in values.names:
        return False
    if document.entry("accessors", values.names[honesty.ATTRIBUTE]).get("type") != "SCALAR":
        return False  # somebody else's attribute of that name
    marks = values.floats(honesty.ATTRIBUTE, "SCALAR")
    return marks is not None and len(marks) > 0 and bool((marks > 0).all())


def _finite(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.where(np.abs(values) < 1e9, values, 0.0).astype(np.float32)


def _faces(document: Document, index: Any, mode: int, vertices: int) -> NDArray[np.uint32]:
    if index is None:
        indices = np.arange(vertices, dtype=np.uint32)
    else:
        stored = document.accessor(index, "SCALAR")[:, 0]
        if stored.dtype.kind != "u":
            raise document.fault(f"accessor {index} holds no indices")
        indices = stored.astype(np.uint32)
    if len(indices) and int(indices.max()) >= vertices:
        raise MeshIndexOutOfRange(file=document.path.name, index=int(indices.max()), vertices=vertices)
    return triangles(indices, mode)


def triangles(indices: NDArray[np.uint32], mode: int) -> NDArray[np.uint32]:
    """Triangles, a strip or a fan (glTF modes 4, 5, 6) as triangles (m, 3); odd ends are dropped."""
    if mode == 4:
        return np.ascontiguousarray(indices[: len(indices) // 3 * 3].reshape(-1, 3))
    if len(indices) < 3:
        return np.empty((0, 3), np.uint32)
    if mode == 6:
        return np.stack([indices[1:-1], indices[2:], np.full(len(indices) - 2, indices[0])], axis=1)
    strip = np.stack([indices[:-2], indices[1:-1], indices[2:]], axis=1)
    strip[1::2] = strip[1::2][:, [0, 2, 1]]
    return strip


class _Attributes:
    """The attributes of a plain primitive."""

    def __init__(self, document: Document, names: dict[str, Any]) -> None:
        self.document, self.names = document, names

    def floats(self, name: str, kind: str) -> NDArray[np.float64] | None:
        return self.document.floats(self.names[name], kind) if name in self.names else None

    def colours(self) -> NDArray[np.float32] | None:
        if "COLOR_0" not in self.names:
            return None
        kind = self.document.entry("accessors", self.names["COLOR_0"]).get("type")
        values = self.floats("COLOR_0", "VEC4" if kind == "VEC4" else "VEC3")
        return None if values is None else _opaque(values)


def _opaque(values: NDArray[np.float64]) -> NDArray[np.float32]:
    colours = np.ones((len(values), 4), np.float32)
    colours[:, : min(4, values.shape[1])] = np.clip(np.nan_to_num(values[:, :4]), 0, 1)
    return colours


class _DracoAttributes(_Attributes):
    """The attributes of a primitive in a Draco stream, by the ids that the extension gives."""

    def __init__(
        self, document: Document, names: dict[str, Any], packed: dict[str, Any], entry: dict[str, Any]
    ) -> None:
        super().__init__(document, names)
        data, _ = document.view(packed.get("bufferView"))
        try:
            self.decoded = draco.decode(bytes(data), limits.MAX_TRIANGLES)
        except draco.DracoFault as fault:
            raise document.fault(f"Draco: {fault}") from fault
        self.ids = document.child(packed, "attributes")
        claimed = document.integer(document.entry("accessors", entry.get("indices")), "count")
        if claimed != self.decoded.faces.size:
            raise document.fault(f"Draco: {self.decoded.faces.size} indices decoded, the accessor says {claimed}")
        self.faces = self.decoded.faces

    def floats(self, name: str, kind: str) -> NDArray[np.float64] | None:
        if name not in self.ids:
            return super().floats(name, kind)
        values = self.decoded.attributes.get(self.ids[name])
        accessor = self.document.entry("accessors", self.names.get(name))
        if values is None or self.document.integer(accessor, "count") != len(values):
            raise self.document.fault(f"Draco: the stream does not hold {name} as the accessor says")
        wide = np.asarray(values, np.float64).reshape(len(values), -1)
        if accessor.get("normalized") is True:
            most = {5120: 127, 5121: 255, 5122: 32767, 5123: 65535}.get(
                self.document.integer(accessor, "componentType")
            )
            wide = wide / most if most else wide
        return wide


def _check_finite(document: Document, positions: NDArray[np.float64]) -> None:
    bad = int(np.count_nonzero(~np.isfinite(positions).all(axis=1) | (np.abs(positions).max(axis=1) > 1e9)))
    if bad:
        raise MeshNotFinite(file=document.path.name, count=bad)


def companions(path: Path) -> list[Path]:
    """The buffers and images that a .gltf names, as existing files below its folder."""
    document = Document(container.read(path))
    found = []
    for key in ("buffers", "images"):
        for entry in document.entries(key):
            uri = entry.get("uri")
            if isinstance(uri, str) and not references.is_data(uri):
                found.append(references.path_of(path, uri))
    return list(dict.fromkeys(found))
