"""A picture of a model without a graphics card: rays for what is seen and for the shadow of one lamp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf import textures
from heritage3d.gltf.model import Model, Primitive
from heritage3d.mesh.open3d_loader import load_open3d
from heritage3d.mesh.shading import shaded

WIDTH, HEIGHT = 960, 720
_SAMPLES = 2  # rays a pixel in each direction
_FIELD_OF_VIEW = np.radians(28.0)
_TEXTURE_SIDE = 2048
_LAMP, _SKY = 2.1, 0.85
_PAPER_ABOVE, _PAPER_BELOW = np.array([0.80, 0.74, 0.65]), np.array([0.62, 0.56, 0.47])  # linear
_ROWS = 120  # of a picture at a time, so that memory stays small


def draw(model: Model, name: str, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """The model (+Y up) from its broadest side, slightly from above, as an sRGB picture (height, width, 3).

    Base colours, vertex colours and normals are shown; other maps are left to real viewers. ``name`` is
    the model's, for errors. Raises TextureUnreadable, PartMissing.
    """
    painter = _Painter(shaded(model), name)
    camera = _camera(model, width / height)
    return np.concatenate([painter.rows(camera, at, width, height) for at in range(0, height, _ROWS)])


@dataclass(frozen=True)
class _Camera:
    eye: NDArray[np.float64]
    right: NDArray[np.float64]
    up: NDArray[np.float64]
    forward: NDArray[np.float64]
    slope: float  # of the upper edge of the picture

    def rays(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Unit directions through places of the picture; y runs upwards from -1 to 1, x alike."""
        way = self.forward + self.slope * (x[..., None] * self.right + y[..., None] * self.up)
        return np.asarray(way / np.linalg.norm(way, axis=-1, keepdims=True))


def _camera(model: Model, aspect: float) -> _Camera:
    """Where the model is seen best: from the side on which it is broadest, turned a little."""
    low, high = model.bounds()
    extent = np.maximum(high - low, 1e-9)
    # The thinner it is along an axis, the more it should be seen along that axis.
    toward = np.clip(extent.max() / extent, 1, 6) * np.array([0.40, 0.42, 1.0])
    toward /= np.linalg.norm(toward)
    forward = -toward
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    slope = float(np.tan(_FIELD_OF_VIEW / 2))
    points = np.concatenate([entry.positions[np.unique(entry.faces)] for entry in model.primitives])
    flat = (points - (low + high) / 2) @ np.stack([right, up, forward]).T
    middle = (flat[:, :2].min(axis=0) + flat[:, :2].max(axis=0)) / 2
    # Each point asks for the distance at which it lies inside the margins; the farthest request is met.
    need = np.maximum(np.abs(flat[:, 0] - middle[0]) / aspect, np.abs(flat[:, 1] - middle[1])) / (slope * 0.86)
    distance = float((need - flat[:, 2]).max())
    eye = (low + high) / 2 + middle[0] * right + middle[1] * up - forward * distance
    return _Camera(eye, right, up, forward, slope)


class _Painter:
    """Answers rays with colours."""

    def __init__(self, model: Model, name: str) -> None:
        library = load_open3d()
        self.model = model
        low, high = model.bounds()
        self.centre, self.size = (low + high) / 2, float((high - low).max()) or 1.0
        self.scene = library.t.geometry.RaycastingScene()
        for entry in model.primitives:
            self.scene.add_triangles(
                library.core.Tensor(self._near(entry.positions)), library.core.Tensor(entry.faces.astype(np.uint32))
            )
        self.base = [_base_colour(model, entry, name) for entry in model.primitives]

    def _near(self, points: NDArray[np.float64]) -> NDArray[np.float32]:
        return np.ascontiguousarray((points - self.centre) / self.size, np.float32)

    def rows(self, camera: _Camera, first: int, width: int, height: int) -> NDArray[np.uint8]:
        """Some rows of the picture, from row ``first`` on."""
        count = min(_ROWS, height - first)
        x = (np.arange(width * _SAMPLES) + 0.5) / (width * _SAMPLES) * 2 - 1
        y = 1 - (np.arange(first * _SAMPLES, (first + count) * _SAMPLES) + 0.5) / (height * _SAMPLES) * 2
        across, upwards = np.meshgrid(x, y)
        light = self.seen(camera, camera.rays(across * width / height, upwards), upwards)
        pixels = light.reshape(count, _SAMPLES, width, _SAMPLES, 3).mean(axis=(1, 3))
        return _srgb(pixels)

    def seen(self, camera: _Camera, ways: NDArray[np.float64], upwards: NDArray[np.float64]) -> NDArray[np.float64]:
        """Linear colours along some rays, (rows, columns, 3)."""
        eye = np.broadcast_to(self._near(camera.eye[None])[0], ways.shape)
        answer = self._cast(np.concatenate([eye, ways], axis=-1).reshape(-1, 6))
        part = answer["geometry_ids"].numpy()
        share = ((1 - upwards) / 2).reshape(-1, 1)
        light = _PAPER_ABOVE * (1 - share) + _PAPER_BELOW * share
        hit = part < len(self.base)
        if hit.any():
            along = ways.reshape(-1, 3)[hit]
            points = self._near(camera.eye[None])[0] + along * answer["t_hit"].numpy()[hit, None]
            found = {key: answer[key].numpy()[hit] for key in ("geometry_ids", "primitive_ids", "primitive_uvs")}
            facing = answer["primitive_normals"].numpy()[hit].astype(np.float64)
            light[hit] = self._lit(camera, points, along, found, facing)
        return light.reshape(*ways.shape[:2], 3)

    def _cast(self, rays: NDArray[np.float64]) -> Any:
        return self.scene.cast_rays(load_open3d().core.Tensor(rays.astype(np.float32)))

    def _lit(
        self,
        camera: _Camera,
        points: NDArray[np.float64],
        along: NDArray[np.float64],
        found: dict[str, NDArray[Any]],
        facing: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """The colours of points: a lamp above the left shoulder with its shadow, and a sky."""
        colour, normal = np.ones((len(points), 3)), np.zeros((len(points), 3))
        for part, entry in enumerate(self.model.primitives):
            mine = found["geometry_ids"] == part
            if mine.any():
                rows, weights = entry.faces[found["primitive_ids"][mine]], _weights(found["primitive_uvs"][mine])
                colour[mine] = self.base[part](rows, weights)
                if entry.normals is not None:
                    normal[mine] = np.einsum("nk,nkj->nj", weights, entry.normals[rows].astype(np.float64))
        # Scans have faces turned wrong: what is seen is shown, whichever side it is.
        facing *= -np.sign(np.einsum("nj,nj->n", facing, along))[:, None]
        normal *= np.where(np.einsum("nj,nj->n", normal, facing) < 0, -1.0, 1.0)[:, None]
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        normal = np.where(length > 1e-6, normal / np.maximum(length, 1e-6), facing)
        lamp = -0.62 * camera.right + 0.72 * camera.up - 0.9 * camera.forward
        lamp /= np.linalg.norm(lamp)
        toward = np.broadcast_to(lamp, points.shape)
        shadow = self._cast(np.concatenate([points + facing * 2e-3, toward], axis=1))["t_hit"].numpy()
        direct = np.maximum(normal @ lamp, 0) * np.isinf(shadow)
        sky = 0.5 + 0.5 * (normal @ camera.up)
        return np.asarray(colour * (_LAMP * direct + _SKY * (0.35 + 0.65 * sky))[:, None] / np.pi * 1.15)


def _weights(uvs: NDArray[np.float32]) -> NDArray[np.float64]:
    second = uvs.astype(np.float64)
    return np.column_stack([1 - second.sum(axis=1), second])


def _base_colour(model: Model, entry: Primitive, name: str) -> Any:
    """A function from corners (n, 3) and their weights (n, 3) to linear base colours (n, 3)."""
    material = model.materials[entry.material] if entry.material is not None else {}
    told = material.get("pbrMetallicRoughness", {})
    factor = np.asarray(told.get("baseColorFactor", [0.8, 0.8, 0.8, 1.0] if not told else [1.0] * 4), np.float64)[:3]
    slot = told.get("baseColorTexture")
    picture = uvs = None
    if slot is not None and int(slot.get("texCoord", 0)) < len(entry.uvs):
        uvs = entry.uvs[int(slot.get("texCoord", 0))].astype(np.float64)
        picture = textures.pixels(model.textures[int(slot["index"])], name, _TEXTURE_SIDE)
    colours = entry.colours

    def colour(rows: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        result = np.broadcast_to(factor, (len(rows), 3)).copy()
        if colours is not None:
            result *= np.einsum("nk,nkj->nj", weights, colours[rows, :3].astype(np.float64))
        if picture is not None and uvs is not None:
            result *= _sampled(picture, np.einsum("nk,nkj->nj", weights, uvs[rows]))
        return result

    return colour


def _sampled(picture: NDArray[np.uint8], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear colours of a texture at some places, between its four texels; the texture repeats."""
    height, width = picture.shape[:2]
    x, y = (places[:, 0] % 1) * width - 0.5, (places[:, 1] % 1) * height - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    result = np.zeros((len(places), 3))
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = np.abs(1 - dx - (x - left)) * np.abs(1 - dy - (y - top))
        result += weight[:, None] * _LINEAR[picture[(top + dy) % height, (left + dx) % width, :3]]
    return result


_STEPS = np.arange(256) / 255
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4)


def _srgb(light: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Linear light as sRGB; what is brighter than 0.8 is rolled off, not cut."""
    over = np.maximum(light - 0.8, 0)
    calm = np.where(light > 0.8, 0.8 + 0.2 * over / (over + 0.2), light)
    coded = np.where(calm <= 0.0031308, calm * 12.92, 1.055 * np.maximum(calm, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(np.round(coded * 255), 0, 255).astype(np.uint8))
