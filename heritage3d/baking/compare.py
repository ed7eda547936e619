"""Does a level of detail look like its master? Both drawn from the same places by the same means, and measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heritage3d.baking.likeness import Likeness
from heritage3d.baking.looks import Look, Values, length, stored
from heritage3d.gltf.model import Model
from heritage3d.mesh.open3d_loader import load_open3d

VIEWS = 24
_SIDE = 256
_AMBIENT = 0.25
_LAMP = np.array([-0.5, 0.6, 0.62])  # right, up, towards the eye


@dataclass(frozen=True)
class Picture:
    """One view: ``shaded`` and ``flat`` (side, side, 3) sRGB, ``seen`` (side, side) where the model is."""

    shaded: NDArray[np.uint8]
    flat: NDArray[np.uint8]
    seen: NDArray[np.bool_]


class Camera:
    """A view without perspective of the ball around a box, from a direction; +Y is up in the picture."""

    def __init__(self, low: Values, high: Values, direction: Values, side: int) -> None:
        self.side, self.toward = side, direction / np.linalg.norm(direction)
        self.centre, self.radius = (low + high) / 2, max(float(np.linalg.norm(high - low)) / 2, 1e-300)
        upright = np.array([0.0, 1.0, 0.0]) if abs(self.toward[1]) < 0.98 else np.array([0.0, 0.0, -1.0])
        self.right = np.cross(upright, self.toward)
        self.right /= np.linalg.norm(self.right)
        self.up = np.cross(self.toward, self.right)
        self.spacing = 2 * self.radius / side

    def rays(self) -> tuple[Values, Values]:
        """Starts relative to the centre, and the one direction, (side², 3) each; rows go down the picture."""
        place = (np.arange(self.side) + 0.5) / self.side * 2 - 1
        across, down = np.meshgrid(place, -place)
        start = (across.reshape(-1, 1) * self.right + down.reshape(-1, 1) * self.up + 2 * self.toward) * self.radius
        return start, np.broadcast_to(-self.toward, start.shape)


def directions(count: int = VIEWS) -> Values:
    """Directions spread evenly over the sphere (a Fibonacci spiral), (count, 3)."""
    height = 1 - 2 * (np.arange(count) + 0.5) / count
    turn = np.arange(count) * np.pi * (3 - 5**0.5)
    flat = np.sqrt(1 - height**2)
    return np.column_stack([flat * np.cos(turn), height, flat * np.sin(turn)])


class Scene:
    """A model that can be drawn, about a centre that two models share."""

    def __init__(self, model: Model, name: str, centre: Values) -> None:
        library = load_open3d()
        self.look, self.centre = Look(model, name), centre
        self.scene = library.t.geometry.RaycastingScene()
        self.scene.add_triangles(
            library.core.Tensor((self.look.positions - centre).astype(np.float32)),
            library.core.Tensor(self.look.faces.astype(np.uint32)),
        )

    def drawn(self, camera: Camera) -> Picture:
        """The model as a camera sees it; faces are seen from both sides."""
        start, way = camera.rays()
        answer = self.scene.cast_rays(load_open3d().core.Tensor(np.column_stack([start, way]).astype(np.float32)))
        hit = np.flatnonzero(np.isfinite(answer["t_hit"].numpy()))
        shaded = np.full((camera.side**2, 3), 255, np.uint8)
        flat, seen = shaded.copy(), np.zeros(camera.side**2, bool)
        seen[hit] = True
        if len(hit):
            face = answer["primitive_ids"].numpy()[hit].astype(np.int64)
            second = answer["primitive_uvs"].numpy()[hit].astype(np.float64)
            weights = np.column_stack([1 - second.sum(axis=1), second])
            colour = self.look.colour(face, weights, camera.spacing)[:, :3]
            normal = self.look.normal(face, weights, camera.spacing)
            # A face seen from behind shows its back; a smooth normal may lean away and is left alone.
            normal *= np.where(answer["primitive_normals"].numpy()[hit] @ camera.toward < 0, -1.0, 1.0)[:, None]
            lamp = length((_LAMP @ np.stack([camera.right, camera.up, camera.toward]))[None])[0]
            light = _AMBIENT + (1 - _AMBIENT) * np.maximum(normal @ lamp, 0)
            flat[hit], shaded[hit] = stored(colour), stored(colour * light[:, None])
        shape = (camera.side, camera.side, 3)
        return Picture(shaded.reshape(shape), flat.reshape(shape), seen.reshape(shape[:2]))


class Portraits:
    """A master drawn once from ``views`` directions, to be compared with any number of models in its coordinates."""

    def __init__(self, master: Model, name: str = "", *, views: int = VIEWS, side: int = _SIDE) -> None:
        low, high = master.bounds()
        self.name, self.centre, self.side = name, (low + high) / 2, side
        self.cameras = [Camera(low, high, direction, side) for direction in directions(views)]
        scene = Scene(master, name, self.centre)
        self.pictures = [scene.drawn(camera) for camera in self.cameras]

    def likeness(self, model: Model) -> Likeness:
        """How like a model is. Raises TextureUnreadable, PartMissing."""
        scene = Scene(model, self.name, self.centre)
        figures, outline = [], []
        for camera, two in zip(self.cameras, self.pictures, strict=True):
            one = scene.drawn(camera)
            where = one.seen & two.seen
            outline.append(float((one.seen ^ two.seen).sum()) / max(float((one.seen | two.seen).sum()), 1.0))
            pairs = ((one.shaded, two.shaded), (one.flat, two.flat))
            figures.append([measure(*pair, where) for pair in pairs for measure in (psnr, ssim)])
        table = np.array(figures)
        mean, worst = table.mean(axis=0), table.min(axis=0)
        told = {
            f"{what}_{which}": round(float(values[column]), 4)
            for which, values in (("mean", mean), ("worst", worst))
            for column, what in enumerate(("shaded_psnr", "shaded_ssim", "flat_psnr", "flat_ssim"))
        }
        told["outline_worst"] = round(max(outline), 6)
        return Likeness(views=len(table), side=self.side, worst_view=int(table[:, 0].argmin()), **told)


def likeness(lod: Model, master: Model, *, views: int = VIEWS, side: int = _SIDE, name: str = "") -> Likeness:
    """Draw both from ``views`` directions and measure. Both are in one coordinate system.

    Raises TextureUnreadable, PartMissing.
    """
    return Portraits(master, name, views=views, side=side).likeness(lod)


def psnr(one: NDArray[np.uint8], two: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    """Peak signal to noise ratio in dB of the pixels ``where``; 99 where they are the same."""
    if not where.any():
        return 99.0
    error = np.mean((one[where].astype(np.float64) - two[where]) ** 2)
    return 99.0 if error == 0 else float(min(99.0, 10 * np.log10(255**2 / error)))


def ssim(one: NDArray[np.uint8], two: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    """Structural similarity of the luma (Wang et al. 2004, Gaussian window of 1.5 pixels), mean of the pixels."""
    import cv2

    if not where.any():
        return 1.0
    share = np.array([0.299, 0.587, 0.114])
    left, right = one @ share, two @ share

    def blur(values: Values) -> Values:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT))

    mean_left, mean_right = blur(left), blur(right)
    own = blur(left * left + right * right) - mean_left**2 - mean_right**2
    shared = blur(left * right) - mean_left * mean_right
    first, second = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_left * mean_right + first) * (2 * shared + second)
    bottom = (mean_left**2 + mean_right**2 + first) * (own + second)
    return float((top / bottom)[where].mean())
