"""meshoptimizer's simplifier in a WebAssembly sandbox: a bad call ends in an exception, never in a crash."""

from __future__ import annotations

import atexit
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshError, PartMissing

WASM = Path(__file__).with_name("meshopt_simplifier.wasm")
# Options of meshopt_simplify (meshoptimizer.h 1.3).
LOCK_BORDER, ERROR_ABSOLUTE, PRUNE, REGULARIZE_LIGHT, PERMISSIVE = 1, 4, 8, 64, 32


@dataclass(frozen=True)
class Simplified:
    """What is left: faces into the given vertices, which may have moved, and their attributes."""

    positions: NDArray[np.float32]
    faces: NDArray[np.uint32]
    attributes: NDArray[np.float32]


def available() -> bool:
    """Whether the sandboxed simplifier can be used here."""
    try:
        _module()
    except PartMissing:
        return False
    return True


@functools.cache
def _module() -> tuple[Any, Any]:
    try:
        import wasmtime
    except ImportError as error:
        raise PartMissing(part="wasmtime", detail=str(error)) from error
    if not WASM.is_file():
        raise PartMissing(part="meshopt_simplifier.wasm", detail="it is built into the wheel by pip install")
    engine = wasmtime.Engine()
    return engine, wasmtime.Module(engine, WASM.read_bytes())


# Freed while wasmtime is still whole: left to the end of the interpreter, its finalizers fail aloud.
atexit.register(_module.cache_clear)


def simplify(
    positions: NDArray[np.float32],
    faces: NDArray[np.uint32],
    attributes: NDArray[np.float32],
    weights: list[float],
    *,
    triangles: int,
    error: float,
    lock: NDArray[np.bool_] | None = None,
    options: int = 0,
) -> Simplified:
    """Collapse edges until ``triangles`` are left or ``error`` is reached (meshopt_simplifyWithUpdate).

    Positions (n, 3), attributes (n, k) with one weight each; vertices at one place with other attributes
    are a seam and move together. ``error`` is relative to the extent, or absolute with ERROR_ABSOLUTE; it
    is an estimate of the library, no bound. The caller has checked indices and finiteness. Raises
    PartMissing, and MeshError where the sandbox stops.
    """
    import wasmtime

    run = _Sandbox()
    count, width = len(positions), len(weights)
    try:
        at_error = run.room(4)
        at_positions = run.put(positions)
        at_attributes = run.put(attributes) if width else 0
        at_weights = run.put(np.array(weights, np.float32)) if width else 0
        at_faces = run.put(faces)
        at_lock = run.put(lock.astype(np.uint8)) if lock is not None else 0
        left = run.call(
            "meshopt_simplifyWithUpdate",
            *(at_faces, faces.size, at_positions, count, 12, at_attributes, 4 * width, at_weights, width, at_lock),
            *(3 * triangles, float(error), options, at_error),
        )
        moved = run.get(at_positions, 12 * count, np.float32).reshape(-1, 3)
        carried = run.get(at_attributes, 4 * width * count, np.float32).reshape(count, width)
        kept = run.get(at_faces, 4 * left, np.uint32).reshape(-1, 3)
    except (wasmtime.WasmtimeError, wasmtime.Trap, IndexError, ValueError) as fault:
        raise MeshError(file="", detail="the simplifier stopped on this mesh") from fault
    if not np.isfinite(moved[np.unique(kept)]).all() or (kept.size and int(kept.max()) >= count):
        raise MeshError(file="", detail="the simplifier gave a damaged mesh")
    return Simplified(moved, kept, carried)


class _Sandbox:
    """One instance of the module with its own memory, gone after use."""

    def __init__(self) -> None:
        import wasmtime

        engine, module = _module()
        self.store = wasmtime.Store(engine)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        self.call("__wasm_call_ctors")

    def call(self, name: str, *arguments: int | float) -> int:
        result = self.exports[name](self.store, *arguments)
        return 0 if result is None else int(result)

    def room(self, size: int) -> int:
        at = self.call("sbrk", -(-size // 16) * 16)
        if at < 0:
            at += 2**32
        return at

    def put(self, values: NDArray[Any]) -> int:
        data = np.ascontiguousarray(values).tobytes()
        at = self.room(len(data))
        self.exports["memory"].write(self.store, data, at)
        return at

    def get(self, at: int, size: int, kind: type[np.generic]) -> NDArray[Any]:
        data = self.exports["memory"].read(self.store, at, at + size)
        return np.frombuffer(bytes(data), kind).copy()
