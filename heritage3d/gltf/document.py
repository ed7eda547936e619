"""Typed, bounded access to a glTF document: its objects, buffers, buffer views and accessors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import GltfInvalid, MeshTooLarge
from heritage3d.gltf import container, references
from heritage3d.pipeline import limits

COMPONENTS: dict[int, type[np.generic]] = {
    5120: np.int8,
    5121: np.uint8,
    5122: np.int16,
    5123: np.uint16,
    5125: np.uint32,
    5126: np.float32,
}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")
# What a file may claim beyond the bytes that it has: this much, or so many times its bytes. Scans that are
# packed with meshopt come to thirty times their bytes at most.
_SMALL = 1 << 24
_MESHOPT_RATIO = 64
_ZEROS_RATIO = 8


def whole(value: Any) -> int | None:
    """The whole number that a JSON value is; 3.0 is one too (glTF 2.0, section 2.7.1). None where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None


class Document:
    """A glTF document whose every access is checked: wrong types, indices and ranges are GltfInvalid."""

    def __init__(self, source: container.Container) -> None:
        self.source = source
        self.root = source.document
        self._entries: dict[str, list[dict[str, Any]]] = {}
        self._buffers: dict[int, memoryview] = {}
        self._views: dict[int, memoryview] = {}

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.source.path

    def fault(self, detail: str) -> GltfInvalid:
        """The error for this file."""
        return GltfInvalid(file=self.path.name, detail=detail)

    def entries(self, key: str) -> list[dict[str, Any]]:
        """A top-level list of objects, [] where it is absent."""
        if key not in self._entries:
            value = self.root.get(key, [])
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                raise self.fault(f"{key} is no list of objects")
            self._entries[key] = value
        return self._entries[key]

    def entry(self, key: str, index: Any) -> dict[str, Any]:
        """One object of a top-level list."""
        values = self.entries(key)
        number = whole(index)
        if number is None or not 0 <= number < len(values):
            raise self.fault(f"{key}[{str(index)[:20]}] does not exist")
        return values[number]

    def integer(self, holder: dict[str, Any], key: str, default: int | None = None, least: int = 0) -> int:
        """A whole number of an object, at least ``least``."""
        value = whole(holder.get(key, default))
        if value is None or not least <= value < 2**53:
            raise self.fault(f"{key} is {str(holder.get(key, default))[:40]}")
        return value

    def numbers(self, holder: dict[str, Any], key: str, default: list[float]) -> list[float]:
        """A list of as many finite numbers as the default has."""
        value = holder.get(key, default)
        good = isinstance(value, list) and len(value) == len(default)
        if not good or not all(
            isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) < 1e30 for n in value
        ):
            raise self.fault(f"{key} is no list of {len(default)} numbers")
        return [float(number) for number in value]

    def child(self, holder: dict[str, Any], key: str) -> dict[str, Any]:
        """An object inside an object, {} where it is absent."""
        value = holder.get(key, {})
        if not isinstance(value, dict):
            raise self.fault(f"{key} is no object")
        return value

    def extension(self, holder: dict[str, Any], *names: str) -> dict[str, Any] | None:
        """The first of these extensions that the object has."""
        extensions = self.child(holder, "extensions")
        return next((self.child(extensions, name) for name in names if name in extensions), None)

    # --- bytes --------------------------------------------------------------------------------------------

    def buffer(self, index: int) -> memoryview:
        """The bytes of a buffer: the BIN chunk, a data URI or a file of the model's own folder."""
        if index not in self._buffers:
            entry = self.entry("buffers", index)
            length = self.integer(entry, "byteLength", least=1)
            data = self._bytes(index, entry)
            if len(data) < length:
                raise self.fault(f"buffer {index} should have {length} bytes, {len(data)} are there")
            self._buffers[index] = data[:length]
        return self._buffers[index]

    def _bytes(self, index: int, entry: dict[str, Any]) -> memoryview:
        uri = entry.get("uri")
        if uri is None:
            if index != 0 or self.source.binary is None:
                raise self.fault(f"buffer {index} has no data")
            return self.source.binary
        if not isinstance(uri, str):
            raise self.fault(f"the uri of buffer {index} is no text")
        if references.is_data(uri):
            return memoryview(references.data_of(self.path, uri))
        return memoryview(self.read(references.path_of(self.path, uri)))

    def stored(self) -> int:
        """The bytes that all buffers with data claim; reading one of them shows whether they are there."""
        lengths = (
            self.integer(entry, "byteLength", 0)
            for index, entry in enumerate(self.entries("buffers"))
            if "uri" in entry or (index == 0 and self.source.binary is not None)
        )
        return sum(lengths)

    def read(self, path: Path) -> bytes:
        """The bytes of a companion file within the limits."""
        size = path.stat().st_size
        if size > limits.MAX_MESH_BYTES:
            raise MeshTooLarge(file=path.name, count=size, limit=limits.MAX_MESH_BYTES, what="bytes")
        return path.read_bytes()

    def view(self, index: Any) -> tuple[memoryview, int]:
        """The (decoded) bytes of a buffer view and its stride, 0 where the elements lie close."""
        entry = self.entry("bufferViews", index)
        stride = self.integer(entry, "byteStride", 0)
        number = int(index)
        if number not in self._views:
            packed = self.extension(entry, *MESHOPT)
            data = self._slice(entry, number) if packed is None else self._unpacked(packed, entry, number)
            self._views[number] = data
        return self._views[number], stride

    def _slice(self, entry: dict[str, Any], index: int) -> memoryview:
        offset, length = self.integer(entry, "byteOffset", 0), self.integer(entry, "byteLength", least=1)
        data = self.buffer(self.integer(entry, "buffer"))
        if offset + length > len(data):
            raise self.fault(f"bufferView {index} ends at byte {offset + length} of {len(data)}")
        return data[offset : offset + length]

    def _unpacked(self, packed: dict[str, Any], entry: dict[str, Any], index: int) -> memoryview:
        """EXT_meshopt_compression: count x byteStride bytes from a compressed range."""
        import meshopt

        data = self._slice(packed, index)
        count, stride = self.integer(packed, "count"), self.integer(packed, "byteStride", least=1)
        mode, scheme = packed.get("mode"), packed.get("filter", "NONE")
        if count * stride > max(_SMALL, len(data) * _MESHOPT_RATIO) or stride > 256:
            raise self.fault(f"bufferView {index} claims {count * stride} bytes from {len(data)}")
        if count * stride != self.integer(entry, "byteLength", least=1):
            raise self.fault(f"bufferView {index} does not fit its compressed form")
        try:
            return memoryview(meshopt.decode_gltf_buffer(data, count, stride, mode, scheme)).cast("B")
        except (ValueError, TypeError) as error:
            raise self.fault(f"bufferView {index} cannot be decompressed: {error}") from error

    # --- accessors ----------------------------------------------------------------------------------------

    def accessor(self, index: Any, kind: str) -> NDArray[Any]:
        """The values of an accessor of that type, (count, width) in their stored component type."""
        entry = self.entry("accessors", index)
        component = COMPONENTS.get(self.integer(entry, "componentType"))
        if component is None or entry.get("type") != kind:
            raise self.fault(f"accessor {index} is not of {kind}")
        count, width = self.integer(entry, "count", least=1), WIDTHS[kind]
        size = np.dtype(component).itemsize * width
        if count > 3 * limits.MAX_TRIANGLES:
            raise MeshTooLarge(file=self.path.name, count=count, limit=3 * limits.MAX_TRIANGLES, what="values")
        if "bufferView" in entry:
            data, stride = self.view(entry["bufferView"])
            values = self._values(index, data, self.integer(entry, "byteOffset", 0), (count, width), component, stride)
        else:
            # Zeros cost nothing in the file: what is claimed must stay in proportion to what is there.
            if count * size > max(_SMALL, _ZEROS_RATIO * self.source.size):
                raise self.fault(f"accessor {index} claims {count} zeros")
            values = np.zeros((count, width), component)
        return self._sparse(index, entry, values) if "sparse" in entry else values

    def _values(
        self,
        index: Any,
        data: memoryview,
        offset: int,
        shape: tuple[int, int],
        component: type[np.generic],
        stride: int,
    ) -> NDArray[Any]:
        size = np.dtype(component).itemsize * shape[1]
        step = stride or size
        if step < size or offset + step * (shape[0] - 1) + size > len(data):
            raise self.fault(f"accessor {index} reads past its buffer view")
        window = np.ndarray(shape, component, data, offset, (step, np.dtype(component).itemsize))
        return np.ascontiguousarray(window)

    def _sparse(self, index: Any, entry: dict[str, Any], values: NDArray[Any]) -> NDArray[Any]:
        sparse = self.child(entry, "sparse")
        count = self.integer(sparse, "count", least=1)
        where, what = self.child(sparse, "indices"), self.child(sparse, "values")
        component = COMPONENTS.get(self.integer(where, "componentType"))
        if component not in (np.uint8, np.uint16, np.uint32) or count > len(values):
            raise self.fault(f"accessor {index} has a wrong sparse part")
        data, _ = self.view(where.get("bufferView"))
        rows = self._values(index, data, self.integer(where, "byteOffset", 0), (count, 1), component, 0)[:, 0]
        data, _ = self.view(what.get("bufferView"))
        offset = self.integer(what, "byteOffset", 0)
        replaced = self._values(index, data, offset, (count, values.shape[1]), values.dtype.type, 0)
        if int(rows.max()) >= len(values):
            raise self.fault(f"accessor {index} has a sparse index out of range")
        result = values.copy()
        result[rows] = replaced
        return result

    def floats(self, index: Any, kind: str) -> NDArray[np.float64]:
        """The values as real numbers, (count, width) float64: normalised integers become -1..1 or 0..1."""
        values = self.accessor(index, kind)
        wide = values.astype(np.float64)
        if values.dtype.kind != "f" and self.entry("accessors", index).get("normalized") is True:
            wide /= float(np.iinfo(values.dtype).max)
            wide = np.maximum(wide, -1.0)
        return wide
