"""The default scene of a glTF document: its meshes in their places, the walk bounded and its claims judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.errors import MeshTooLarge
from heritage3d.gltf.document import Document, whole
from heritage3d.pipeline import limits

# Vertices that a scene may show by naming the same data again: so many, or so many for each byte that is there.
_FEW, _REPEATS = 3_000_000, 16
_MOVES = frozenset({"matrix", "rotation", "scale", "translation"})
_MATRIX = [1.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


@dataclass(frozen=True)
class Placed:
    """A mesh of the scene with the matrix of its node."""

    mesh: int
    matrix: NDArray[np.float64]


def placed_meshes(document: Document) -> list[Placed]:
    """Every mesh of the default scene with its world matrix; the walk is bounded and finds cycles.

    A file without a scene shows all nodes that are nobody's children, as viewers do.
    """
    nodes = document.entries("nodes")
    scenes = document.entries("scenes")
    if scenes:
        chosen = document.entry("scenes", document.root.get("scene", 0))
        roots = _indices(document, chosen.get("nodes", []), "the nodes of the scene")
    else:
        children = {child for node in nodes for child in _children(document, node)}
        roots = [index for index in range(len(nodes)) if index not in children]
    placed: list[Placed] = []
    seen: set[int] = set()
    waiting = [(root, np.eye(4)) for root in reversed(roots)]
    while waiting:
        index, above = waiting.pop()
        node = document.entry("nodes", index)
        if index in seen:
            raise document.fault(f"node {index} has two parents or is its own ancestor")
        seen.add(index)
        if len(seen) > limits.MAX_NODES:
            raise MeshTooLarge(file=document.path.name, count=len(nodes), limit=limits.MAX_NODES, what="nodes")
        matrix = above @ _local(document, node) if _MOVES & node.keys() else above
        if "mesh" in node:
            document.entry("meshes", node["mesh"])
            placed.append(Placed(int(node["mesh"]), matrix))
        waiting += [(child, matrix) for child in reversed(_children(document, node))]
    return placed


def _children(document: Document, node: dict[str, Any]) -> list[int]:
    return _indices(document, node.get("children", []), "the children of a node")


def _indices(document: Document, values: Any, what: str) -> list[int]:
    found = [whole(value) for value in values] if isinstance(values, list) else [None]
    if any(value is None for value in found):
        raise document.fault(f"{what} are no list of indices")
    return [value for value in found if value is not None]


def _local(document: Document, node: dict[str, Any]) -> NDArray[np.float64]:
    if "matrix" in node:
        return np.array(document.numbers(node, "matrix", _MATRIX)).reshape(4, 4).T
    x, y, z, w = document.numbers(node, "rotation", [0, 0, 0, 1])
    scale = document.numbers(node, "scale", [1, 1, 1])
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ) * np.array(scale)
    matrix[:3, 3] = document.numbers(node, "translation", [0, 0, 0])
    return matrix


def check_counts(document: Document, placed: list[Placed]) -> None:
    """Refuse by what the accessors claim, before any of them is read."""
    corners = vertices = 0
    of_mesh: dict[int, tuple[int, int]] = {}
    for entry in placed:
        if entry.mesh not in of_mesh:
            of_mesh[entry.mesh] = _counts(document, entry.mesh)
        corners, vertices = corners + of_mesh[entry.mesh][0], vertices + of_mesh[entry.mesh][1]
    if corners > 3 * limits.MAX_TRIANGLES:
        raise MeshTooLarge(file=document.path.name, count=corners // 3, limit=limits.MAX_TRIANGLES, what="triangles")
    # A few bytes that are shown again and again are no scan.
    most = max(_FEW, _REPEATS * document.stored())
    if max(corners, vertices) > most:
        count = max(corners, vertices)
        raise MeshTooLarge(file=document.path.name, count=count, limit=most, what="vertices by repetition")


def _counts(document: Document, mesh: int) -> tuple[int, int]:
    """The corners of triangles and the vertices that a mesh claims."""
    corners = vertices = 0
    for primitive in listed(document, mesh):
        attributes = document.child(primitive, "attributes")
        position, index = attributes.get("POSITION"), primitive.get("indices")
        if position is not None:
            own = document.integer(document.entry("accessors", position), "count")
            vertices += own
            corners += own if index is None else document.integer(document.entry("accessors", index), "count")
    return corners, vertices


def listed(document: Document, mesh: int) -> list[dict[str, Any]]:
    """The primitives of a mesh."""
    listed = document.entry("meshes", mesh).get("primitives", [])
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise document.fault(f"mesh {mesh} has no list of primitives")
    return listed
