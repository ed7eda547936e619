"""Open3D's quadric simplification, for surfaces without texture places: lower error, positions only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heritage3d.deviation.surface import Surface
from heritage3d.gltf.model import Model, Primitive, compacted
from heritage3d.mesh.open3d_loader import load_open3d
from heritage3d.mesh.places import welded


def fits(model: Model) -> bool:
    """Whether this simplifier keeps what the model shows: one primitive without texture places."""
    return len(model.primitives) == 1 and not model.primitives[0].uvs


def to_number(model: Model, triangles: int) -> Model:
    """About ``triangles`` triangles by quadric error (Garland and Heckbert, 1997); colours are carried over
    from the nearest point of the surface before. The model must ``fit``."""
    library = load_open3d()
    source = model.primitives[0]
    place = welded(source.positions)
    _, first = np.unique(place, return_index=True)
    faces = place[source.faces]
    # Rounding can bring corners of one face to one place; the library (VTK inside) crashes on such a face.
    sound = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    low, high = model.bounds()
    centre, size = (low + high) / 2, float((high - low).max())
    mesh = library.t.geometry.TriangleMesh(
        library.core.Tensor(((source.positions[first] - centre) / size).astype(np.float32)),
        library.core.Tensor(faces[sound].astype(np.int32)),
    )
    made = mesh.simplify_quadric_decimation(1.0 - min(triangles / max(int(sound.sum()), 1), 1.0))
    positions = made.vertex.positions.numpy().astype(np.float64) * size + centre
    faces = made.triangle.indices.numpy().astype(np.uint32)
    if not len(faces) or not np.isfinite(positions).all() or int(faces.max()) >= len(positions):
        return model
    result = compacted(Primitive(positions, faces, material=source.material))
    if source.colours is not None:
        result = replace(result, colours=_carried(source, result.positions, source.colours))
    return replace(model, primitives=(result,))


def _carried(source: Primitive, points: NDArray[np.float64], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values of the source at the points of its surface nearest to ``points``."""
    library = load_open3d()
    surface = Surface(source.positions, source.faces)
    answer = surface.scene.compute_closest_points(library.core.Tensor((points - surface.centre).astype(np.float32)))
    face = surface.faces[answer["primitive_ids"].numpy().astype(np.int64)]
    second = answer["primitive_uvs"].numpy().astype(np.float64)
    weights = np.column_stack([1 - second.sum(axis=1), second])
    mixed = (values[face] * weights[:, :, None]).sum(axis=1)
    clipped: NDArray[np.float32] = np.clip(mixed, 0, 1).astype(np.float32)
    return clipped
