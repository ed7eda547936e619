"""MTL material libraries to glTF materials: colours, roughness, and the textures that they name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heritage3d.errors import CompanionMissing, MeshTooLarge
from heritage3d.gltf import references
from heritage3d.gltf.materials import mime_of
from heritage3d.gltf.model import Texture
from heritage3d.pipeline import limits

# Options of a map with the number of words that follow each; the file's name is the rest of the line.
_OPTIONS = {"-blendu": 1, "-blendv": 1, "-boost": 1, "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1, "-clamp": 1}
_OPTIONS |= {"-bm": 1, "-imfchan": 1, "-type": 1, "-cc": 1}
_MAPS = {
    "map_kd": "baseColorTexture",
    "map_bump": "normalTexture",  # height or normal map: only `norm` and names with "normal" are trusted below
    "bump": "normalTexture",
    "norm": "normalTexture",
    "map_kn": "normalTexture",
    "map_ke": "emissiveTexture",
    "map_ao": "occlusionTexture",
}
_MOST_BYTES = 1 << 26


class Library:
    """The materials of some MTL files and the textures read for them."""

    def __init__(self, model: Path) -> None:
        self.model = model
        self.entries: dict[str, dict[str, str]] = {}
        self.textures: list[Texture] = []
        self.files: list[Path] = []
        self._places: dict[Path, int] = {}

    @classmethod
    def load(cls, model: Path, names: list[str]) -> Library:
        """Read the libraries that an OBJ names; raises UnsafeReference, CompanionMissing, MeshTooLarge."""
        library = cls(model)
        for name in dict.fromkeys(names):
            for path in library._paths(name):
                library._read(path)
        for entry in library.entries.values():
            for key in _MAPS:
                if key in entry:
                    library._file(entry[key])
        return library

    def _paths(self, name: str) -> list[Path]:
        """One name that may hold spaces, or several names on one line."""
        try:
            return [references.confined(self.model, _slashes(name))]
        except CompanionMissing:
            words = name.split()
            if len(words) < 2:
                raise
            return [references.confined(self.model, _slashes(word)) for word in words]

    def _read(self, path: Path) -> None:
        if path in self.files:
            return
        self.files.append(path)
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise MeshTooLarge(file=path.name, count=size, limit=_MOST_BYTES, what="bytes of a material library")
        current: dict[str, str] = {}
        for line in _decoded(path.read_bytes()).splitlines():
            key, _, rest = line.strip().replace("\t", " ").partition(" ")
            if key == "newmtl":
                current = self.entries.setdefault(rest.strip(), {})
                if len(self.entries) > limits.MAX_MATERIALS:
                    count = len(self.entries)
                    raise MeshTooLarge(file=path.name, count=count, limit=limits.MAX_MATERIALS, what="materials")
            elif key:
                current[key.lower()] = rest.strip()

    def _file(self, value: str) -> Path:
        words = value.split()
        while words and words[0].lower() in _OPTIONS:
            words = words[1 + _OPTIONS[words[0].lower()] :]
        # A name may hold runs of spaces: take it from the line as it stands.
        name = value[value.rindex(words[0]) if len(words) == 1 else value.index(words[0]) :] if words else ""
        path = references.confined(self.model, _slashes(name))
        if path not in self.files:
            self.files.append(path)
        return path

    def _texture(self, value: str) -> int:
        path = self._file(value)
        if path not in self._places:
            data = path.read_bytes()
            self._places[path] = len(self.textures)
            self.textures.append(Texture(data, mime_of(data), name=path.stem))
        return self._places[path]

    def material(self, name: str) -> dict[str, Any] | None:
        """The glTF material of that name, None where the library has none."""
        entry = self.entries.get(name)
        if entry is None:
            return None
        pbr: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 0.9}
        result: dict[str, Any] = {"name": name, "pbrMetallicRoughness": pbr}
        if "map_kd" in entry:
            pbr["baseColorTexture"] = {"index": self._texture(entry["map_kd"])}
        elif "kd" in entry:
            pbr["baseColorFactor"] = [*_linear(_numbers(entry["kd"], [0.8, 0.8, 0.8])), 1.0]
        for key, slot in _MAPS.items():
            if key not in entry or slot == "baseColorTexture" or slot in result:
                continue
            if slot == "normalTexture" and key in ("bump", "map_bump") and "norm" not in entry[key].lower():
                continue
            result[slot] = {"index": self._texture(entry[key])}
            if slot == "emissiveTexture":
                result["emissiveFactor"] = [1.0, 1.0, 1.0]
        opacity = _numbers(entry.get("d", ""), [1.0])[0]
        if opacity < 1:
            pbr["baseColorFactor"] = [*pbr.get("baseColorFactor", [1.0, 1.0, 1.0])[:3], max(0.0, opacity)]
            result["alphaMode"] = "BLEND"
        return result


def _slashes(name: str) -> str:
    """Exporters on Windows write backslashes."""
    return name.replace("\\", "/")


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _numbers(text: str, default: list[float]) -> list[float]:
    words = text.split()
    try:
        values = [float(word) for word in words[: len(default)]]
    except ValueError:
        return default
    good = len(values) == len(default) and all(abs(value) < 1e9 for value in values)
    return values if good else default


def _linear(colour: list[float]) -> list[float]:
    """sRGB as people type it to the linear factors of glTF."""
    clipped = [min(1.0, max(0.0, value)) for value in colour]
    return [round(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4, 6) for v in clipped]
