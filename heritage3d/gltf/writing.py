"""A model to a GLB: quantised, compressed with meshopt or Draco, textures inside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from heritage3d import __version__
from heritage3d.errors import GltfInvalid
from heritage3d.gltf import about as words
from heritage3d.gltf import container, draco, honesty
from heritage3d.gltf.about import About
from heritage3d.gltf.model import Model, Primitive, texture_slots

Compression = Literal["meshopt", "draco", "none"]
_ARRAY, _INDEX = 34962, 34963
_MESHOPT = "EXT_meshopt_compression"
_DRACO = "KHR_draco_mesh_compression"


@dataclass(frozen=True)
class Encoding:
    """How geometry is stored. ``position_bits`` divide the longest side of the box around the model.

    Up to 16 bits are whole numbers (KHR_mesh_quantization); above that meshopt and plain files hold float32,
    Draco up to 30 bits.
    """

    compression: Compression = "meshopt"
    position_bits: int = 14
    normal_bits: int = 8
    uv_bits: int = 12  # Draco only; meshopt and plain files hold 16


def write(
    model: Model,
    encoding: Encoding,
    *,
    copyright: str | None = None,
    extras: dict[str, Any] | None = None,
    about: About | None = None,
) -> bytes:
    """The bytes of a GLB with one node and one mesh; the model is in metres, +Y up.

    Files need the extensions that they use (``extensionsRequired``): there is no uncompressed copy inside.
    What is invented is marked (see ``honesty``); ``about`` becomes a packet of XMP. The same model and encoding
    give the same bytes. Raises GltfInvalid, MeshTooLarge.
    """
    return _Builder(merged(model), encoding).glb(copyright, extras or {}, about)


def merged(model: Model) -> Model:
    """Primitives of one material and one set of attributes become one: one draw call each."""
    groups: dict[tuple[Any, ...], list[Primitive]] = {}
    for entry in model.primitives:
        key = (entry.material, entry.normals is not None, len(entry.uvs), entry.colours is not None, entry.invented)
        groups.setdefault(key, []).append(entry)
    return replace(model, primitives=tuple(_joined(group) for group in groups.values()))


def _joined(group: list[Primitive]) -> Primitive:
    if len(group) == 1:
        return group[0]
    starts = np.cumsum([0, *(len(entry.positions) for entry in group)])
    return Primitive(
        positions=np.concatenate([entry.positions for entry in group]),
        faces=np.concatenate([entry.faces + np.uint32(at) for entry, at in zip(group, starts[:-1], strict=True)]),
        normals=None
        if group[0].normals is None
        else np.concatenate([e.normals for e in group if e.normals is not None]),
        uvs=tuple(np.concatenate([entry.uvs[k] for entry in group]) for k in range(len(group[0].uvs))),
        colours=None
        if group[0].colours is None
        else np.concatenate([e.colours for e in group if e.colours is not None]),
        material=group[0].material,
        invented=group[0].invented,
    )


@dataclass(frozen=True)
class Grid:
    """The cube that position bits divide: its least corner and its side, in metres."""

    origin: NDArray[np.float64]
    side: float

    def step(self, bits: int) -> float:
        """The distance between two neighbours of the grid."""
        return self.side / float(2**bits - 1)


def grid(model: Model) -> Grid:
    """The one grid of a model: all primitives share it, so that no crack opens between them."""
    low, high = model.bounds()
    return Grid(low, max(float((high - low).max()), 1e-9))


@dataclass
class _Builder:
    model: Model
    encoding: Encoding
    binary: bytearray = field(default_factory=bytearray)
    fallback: int = 0
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.grid = grid(self.model)
        bits = self.encoding.position_bits
        self.whole = bits <= 16 and self.encoding.compression != "draco"

    def glb(self, copyright: str | None, extras: dict[str, Any], about: About | None) -> bytes:
        primitives = [self.primitive(entry) for entry in self.model.primitives]
        node: dict[str, Any] = {"mesh": 0}
        if self.whole:
            node["translation"] = [float(value) for value in self.grid.origin]
            node["scale"] = [self.grid.step(self.encoding.position_bits)] * 3
        asset: dict[str, Any] = {"version": "2.0", "generator": f"heritage3d {__version__}"}
        if copyright:
            asset["copyright"] = copyright
        if extras:
            asset["extras"] = extras
        document: dict[str, Any] = {
            "asset": asset,
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [node],
            "meshes": [{"primitives": primitives}],
        }
        self.materials(document)
        if honesty.mark(document, primitives, [entry.invented for entry in self.model.primitives]):
            self.used.add(honesty.EXTENSION)
        if words.describe(document, about):
            self.used.add(words.EXTENSION)
        document["accessors"], document["bufferViews"] = self.accessors, self.views
        buffers: list[dict[str, Any]] = [{"byteLength": len(self.binary)}]
        if self.fallback:
            buffers.append({"byteLength": self.fallback, "extensions": {_MESHOPT: {"fallback": True}}})
        document["buffers"] = buffers
        if self.used:
            document["extensionsUsed"] = sorted(self.used)
            optional = ("KHR_materials", "KHR_texture_transform", words.EXTENSION)
            needed = sorted(name for name in self.used if not name.startswith(optional))
            if needed:
                document["extensionsRequired"] = needed
        return container.pack(document, bytes(self.binary))

    # --- geometry -----------------------------------------------------------------------------------------

    def primitive(self, entry: Primitive) -> dict[str, Any]:
        made = self.draco(entry) if self.encoding.compression == "draco" else self.plain(entry)
        if entry.material is not None:
            made["material"] = entry.material
        return made

    def plain(self, entry: Primitive) -> dict[str, Any]:
        """Whole numbers in buffer views of their own, packed by meshopt where that is asked."""
        import meshopt

        indices, remap, unique = meshopt.reorder_mesh(entry.faces.reshape(-1).astype(np.uint32), True, True)
        used = remap < unique
        order = np.empty(unique, np.int64)
        order[remap[used]] = np.flatnonzero(used)
        attributes = {"POSITION": self.positions(entry.positions[order])}
        if entry.normals is not None:
            attributes["NORMAL"] = self.normals(entry.normals[order])
        for index, uv in enumerate(entry.uvs):
            attributes[f"TEXCOORD_{index}"] = self.uvs(uv[order])
        if entry.colours is not None:
            stored = np.round(entry.colours[order] * 65535).astype(np.uint16)
            attributes["COLOR_0"] = self.attribute(stored, 5123, "VEC4", normalized=True)
        if entry.invented:
            attributes[honesty.ATTRIBUTE] = self.attribute(np.ones((unique, 1), np.uint8), 5121, "SCALAR")
        narrow = indices.astype(np.uint16 if unique <= 65535 else np.uint32)
        view = self.view(narrow, "TRIANGLES", _INDEX)
        kind = 5123 if narrow.dtype == np.uint16 else 5125
        self.accessors.append({"bufferView": view, "componentType": kind, "count": len(narrow), "type": "SCALAR"})
        return {"attributes": attributes, "indices": len(self.accessors) - 1}

    def positions(self, positions: NDArray[np.float64]) -> int:
        if not self.whole:
            values: NDArray[Any] = positions.astype(np.float32)
            return self.attribute(values, 5126, "VEC3", bounds=True)
        self.used.add("KHR_mesh_quantization")
        bits = self.encoding.position_bits
        steps = np.round((positions - self.grid.origin) / self.grid.step(bits))
        stored = np.clip(steps, 0, 2**bits - 1).astype(np.uint16)
        return self.attribute(stored, 5123, "VEC3", bounds=True)

    def normals(self, normals: NDArray[np.float32]) -> int:
        self.used.add("KHR_mesh_quantization")
        if self.encoding.compression == "meshopt":
            import meshopt

            four = np.zeros((len(normals), 4), np.float32)
            four[:, :3] = normals
            packed = meshopt.encode_filter_oct(four, 4, self.encoding.normal_bits)
            view = self.view(packed, "ATTRIBUTES", _ARRAY, scheme="OCTAHEDRAL")
            entry = {
                "bufferView": view,
                "componentType": 5120,
                "normalized": True,
                "count": len(normals),
                "type": "VEC3",
            }
            self.accessors.append(entry)
            return len(self.accessors) - 1
        return self.attribute(np.round(normals * 127).astype(np.int8), 5120, "VEC3", normalized=True)

    def uvs(self, uvs: NDArray[np.float32]) -> int:
        if float(uvs.min()) < 0 or float(uvs.max()) > 1:
            return self.attribute(uvs.astype(np.float32), 5126, "VEC2")
        # Normalised 16 bit texture places are in glTF 2.0 itself and need no extension.
        return self.attribute(np.round(uvs.astype(np.float64) * 65535).astype(np.uint16), 5123, "VEC2", normalized=True)

    def attribute(
        self, values: NDArray[Any], component: int, kind: str, *, normalized: bool = False, bounds: bool = False
    ) -> int:
        width = -(-values.itemsize * values.shape[1] // 4) * 4
        rows = np.zeros((len(values), width // values.itemsize), values.dtype)
        rows[:, : values.shape[1]] = values
        entry: dict[str, Any] = {"bufferView": self.view(rows, "ATTRIBUTES", _ARRAY), "componentType": component}
        if normalized:
            entry["normalized"] = True
        entry |= {"count": len(values), "type": kind}
        if bounds:
            entry |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        self.accessors.append(entry)
        return len(self.accessors) - 1

    def view(self, rows: NDArray[Any], mode: str, target: int, scheme: str | None = None) -> int:
        """A buffer view of these rows, compressed where that is asked."""
        stride = rows.nbytes // len(rows)
        entry: dict[str, Any] = {"buffer": 0, "byteOffset": 0, "byteLength": rows.nbytes}
        if mode == "ATTRIBUTES":
            entry["byteStride"] = stride
        entry["target"] = target
        if self.encoding.compression == "meshopt":
            import meshopt

            self.used.add(_MESHOPT)
            data = meshopt.encode_gltf_buffer(rows, mode)
            packed: dict[str, Any] = {"buffer": 0, "byteOffset": self.place(data), "byteLength": len(data)}
            packed |= {"byteStride": stride, "count": len(rows), "mode": mode}
            if scheme:
                packed["filter"] = scheme
            entry |= {"buffer": 1, "byteOffset": self.fallback, "extensions": {_MESHOPT: packed}}
            self.fallback += -(-rows.nbytes // 4) * 4
        else:
            entry["byteOffset"] = self.place(rows.tobytes())
        self.views.append(entry)
        return len(self.views) - 1

    def place(self, data: bytes) -> int:
        """Put bytes into the BIN chunk at the next multiple of four."""
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.binary += data
        return len(self.binary) - len(data)

    def draco(self, entry: Primitive) -> dict[str, Any]:
        self.used.add(_DRACO)
        attributes: dict[str, NDArray[Any]] = {}
        if entry.normals is not None:
            attributes["NORMAL"] = entry.normals
        for index, uv in enumerate(entry.uvs):
            attributes[f"TEXCOORD_{index}"] = uv
        if entry.colours is not None:
            attributes["COLOR_0"] = np.round(entry.colours * 65535).astype(np.uint16)
        if entry.invented:
            attributes[honesty.ATTRIBUTE] = np.ones((len(entry.positions), 1), np.uint8)
        bits = draco.Bits(self.encoding.position_bits, self.encoding.normal_bits, self.encoding.uv_bits)
        try:
            data, ids = draco.encode(entry.positions, entry.faces, attributes, bits, (self.grid.origin, self.grid.side))
            decoded = draco.decode(data, len(entry.faces))
        except draco.DracoFault as fault:
            raise GltfInvalid(file="", detail=f"Draco: {fault}") from fault
        self.views.append({"buffer": 0, "byteOffset": self.place(data), "byteLength": len(data)})
        view = len(self.views) - 1
        listed: dict[str, int] = {}
        for name, unique in ids.items():
            values = decoded.attributes[unique]
            accessor: dict[str, Any] = {"componentType": 5126, "count": len(values)}
            if name == "COLOR_0":
                accessor |= {"componentType": 5123, "normalized": True}
            if name == honesty.ATTRIBUTE:
                accessor["componentType"] = 5121
            accessor["type"] = "SCALAR" if name == honesty.ATTRIBUTE else f"VEC{values.shape[1]}"
            if name == "POSITION":
                accessor |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
            listed[name] = len(self.accessors)
            self.accessors.append(accessor)
        self.accessors.append({"componentType": 5125, "count": int(decoded.faces.size), "type": "SCALAR"})
        packed = {"bufferView": view, "attributes": ids}
        return {"attributes": listed, "indices": len(self.accessors) - 1, "extensions": {_DRACO: packed}}

    # --- materials ----------------------------------------------------------------------------------------

    def materials(self, document: dict[str, Any]) -> None:
        """Materials as they are, textures as images in the BIN chunk, samplers each once."""
        if not self.model.materials:
            return
        document["materials"] = list(self.model.materials)
        for material in self.model.materials:
            self.used |= set(material.get("extensions", {}))
            for _, slot in texture_slots(material):
                self.used |= set(slot.get("extensions", {}))
        if not self.model.textures:
            return
        images: list[dict[str, Any]] = []
        textures: list[dict[str, Any]] = []
        samplers: list[dict[str, Any]] = []
        places: dict[bytes, int] = {}
        for entry in self.model.textures:
            if entry.data not in places:
                places[entry.data] = len(images)
                self.views.append({"buffer": 0, "byteOffset": self.place(entry.data), "byteLength": len(entry.data)})
                images.append({"bufferView": len(self.views) - 1, "mimeType": entry.mime})
            if entry.sampler not in samplers:
                samplers.append(entry.sampler)
            source: dict[str, Any] = {"source": places[entry.data]}
            if entry.mime == "image/webp":
                self.used.add("EXT_texture_webp")
                source = {"extensions": {"EXT_texture_webp": source}}
            elif entry.mime == "image/ktx2":
                self.used.add("KHR_texture_basisu")
                source = {"extensions": {"KHR_texture_basisu": source}}
            textures.append({"sampler": samplers.index(entry.sampler), **source})
        document |= {"textures": textures, "images": images, "samplers": samplers}
