"""Materials and textures of a glTF document, reduced to what is known to be sound."""

from __future__ import annotations

from typing import Any

from heritage3d.errors import MeshTooLarge, MeshUnsupported
from heritage3d.gltf import ktx2, references
from heritage3d.gltf.document import Document
from heritage3d.gltf.model import Texture
from heritage3d.pipeline import limits

# Extensions of materials that are numbers and textures only: they are carried along as they are.
KEPT_EXTENSIONS = frozenset(
    {
        "KHR_materials_unlit",
        "KHR_materials_emissive_strength",
        "KHR_materials_ior",
        "KHR_materials_specular",
        "KHR_materials_clearcoat",
        "KHR_materials_sheen",
        "KHR_materials_transmission",
    }
)
_WRAPS, _MAGS = (33071, 33648, 10497), (9728, 9729)
_MINS = (9728, 9729, 9984, 9985, 9986, 9987)


def read(document: Document, notes: dict[str, int]) -> tuple[list[Texture], list[dict[str, Any]]]:
    """The textures in use and the materials, whose texture indices point into the first list.

    A texture that names no picture is none, and is counted in ``notes``.
    """
    entries = document.entries("materials")
    if len(entries) > limits.MAX_MATERIALS:
        raise MeshTooLarge(file=document.path.name, count=len(entries), limit=limits.MAX_MATERIALS, what="materials")
    reader = _Reader(document)
    materials = [reader.material(entry) for entry in entries]
    absent = sum(place is None for place in reader.places.values())
    if absent:
        notes["textures without a picture"] = absent
    return reader.textures, materials


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.textures: list[Texture] = []
        self.places: dict[int, int | None] = {}

    def material(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The known properties of a material, each in its range (glTF 2.0, section 3.9)."""
        document = self.document
        result: dict[str, Any] = {}
        if isinstance(entry.get("name"), str):
            result["name"] = entry["name"]
        pbr = document.child(entry, "pbrMetallicRoughness")
        kept: dict[str, Any] = {}
        if "baseColorFactor" in pbr:
            kept["baseColorFactor"] = _clipped(document.numbers(pbr, "baseColorFactor", [1, 1, 1, 1]))
        for key in ("metallicFactor", "roughnessFactor"):
            if key in pbr:
                kept[key] = _clipped(self._number(pbr, key))[0]
        self._slots(pbr, kept, ("baseColorTexture", "metallicRoughnessTexture"))
        if kept:
            result["pbrMetallicRoughness"] = kept
        self._slots(entry, result, ("normalTexture", "occlusionTexture", "emissiveTexture"))
        if "emissiveFactor" in entry:
            result["emissiveFactor"] = _clipped(document.numbers(entry, "emissiveFactor", [0, 0, 0]))
        if entry.get("alphaMode") in ("MASK", "BLEND"):
            result["alphaMode"] = entry["alphaMode"]
            if entry["alphaMode"] == "MASK" and "alphaCutoff" in entry:
                result["alphaCutoff"] = max(0.0, self._number(entry, "alphaCutoff")[0])
        if entry.get("doubleSided") is True:
            result["doubleSided"] = True
        extensions = {
            name: self._extension(value)
            for name, value in document.child(entry, "extensions").items()
            if name in KEPT_EXTENSIONS and isinstance(value, dict)
        }
        return {**result, "extensions": extensions} if extensions else result

    def _number(self, holder: dict[str, Any], key: str) -> list[float]:
        return self.document.numbers({key: [holder[key]]}, key, [0])

    def _extension(self, value: dict[str, Any]) -> dict[str, Any]:
        kept = {key: entry for key, entry in value.items() if isinstance(entry, (int, float, list))}
        self._slots(value, kept, tuple(key for key in value if key.endswith("Texture")))
        return kept

    def _slots(self, source: dict[str, Any], target: dict[str, Any], names: tuple[str, ...]) -> None:
        for name in names:
            slot = self.document.child(source, name)
            if "index" not in slot:
                continue
            index = self._texture(self.document.integer(slot, "index"))
            if index is None:
                continue
            kept: dict[str, Any] = {"index": index}
            if self.document.integer(slot, "texCoord", 0):
                kept["texCoord"] = min(slot["texCoord"], 1)
            for key in ("scale", "strength"):
                if key in slot:
                    kept[key] = self._number(slot, key)[0]
            moved = self.document.extension(slot, "KHR_texture_transform")
            if moved:
                kept["extensions"] = {"KHR_texture_transform": self._moved(moved)}
            target[name] = kept

    def _moved(self, moved: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {
            key: self.document.numbers(moved, key, [0, 0]) for key in ("offset", "scale") if key in moved
        }
        if "rotation" in moved:
            kept["rotation"] = self._number(moved, "rotation")[0]
        if "texCoord" in moved:
            kept["texCoord"] = min(self.document.integer(moved, "texCoord"), 1)
        return kept

    def _texture(self, index: int) -> int | None:
        """Where it is in ``textures``; None where it names no picture (Blender writes such for what it cannot pack)."""
        if index not in self.places:
            entry = self.document.entry("textures", index)
            newer = self.document.extension(entry, "EXT_texture_webp")
            if newer is None and "source" not in entry:  # beside KTX2 there may be a PNG or JPEG with every texel
                newer = self.document.extension(entry, "KHR_texture_basisu")
            source = (newer or entry).get("source")
            if source is None:
                for extension, told in self.document.child(entry, "extensions").items():
                    if isinstance(told, dict) and "source" in told:
                        detail = f"a texture is in the format of {extension[:40]}"
                        raise MeshUnsupported(file=self.document.path.name, detail=detail)
                self.places[index] = None
                return None
            data, name = self._image(source)
            self.places[index] = len(self.textures)
            self.textures.append(Texture(data, mime_of(data), self._sampler(entry), name))
        return self.places[index]

    def _image(self, index: Any) -> tuple[bytes, str]:
        entry = self.document.entry("images", index)
        name = entry.get("name") if isinstance(entry.get("name"), str) else ""
        uri = entry.get("uri")
        if isinstance(uri, str):
            if references.is_data(uri):
                return references.data_of(self.document.path, uri), str(name)
            path = references.path_of(self.document.path, uri)
            return self.document.read(path), str(name or path.stem)
        return bytes(self.document.view(entry.get("bufferView"))[0]), str(name)

    def _sampler(self, entry: dict[str, Any]) -> dict[str, Any]:
        if "sampler" not in entry:
            return {}
        sampler = self.document.entry("samplers", entry["sampler"])
        known = {"wrapS": _WRAPS, "wrapT": _WRAPS, "magFilter": _MAGS, "minFilter": _MINS}
        return {key: sampler[key] for key, values in known.items() if sampler.get(key) in values}


def _clipped(values: list[float]) -> list[float]:
    return [min(1.0, max(0.0, value)) for value in values]


def mime_of(data: bytes) -> str:
    """The media type that the first bytes tell, "" where they tell none that glTF knows."""
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:12] == ktx2.IDENTIFIER:
        return ktx2.MIME
    return ""
