"""The folder that alignment hands on (kind photogrammetry/aligned): written, read and checked here.

scene.json               cameras and sparse points; pixels as in views.py
photographs/NAME.jpg     each registered photograph without distortion
masks/NAME.png           what belongs to the object, where it is known
cameras.png              where the cameras stood
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from heritage3d.errors import PhotogrammetryError
from heritage3d.photogrammetry.views import Scene, View
from heritage3d.pipeline import addresses, limits

SCENE = "scene.json"
_Row = Annotated[list[float], Field(min_length=3, max_length=3)]
_Rows = Annotated[list[_Row], Field(min_length=3, max_length=3)]
_Side = Annotated[int, Field(ge=1, le=100_000)]
_Inside = Annotated[str, Field(pattern=r"^(photographs|masks)/[^/\\]+$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _WrittenView(_Model):
    name: str
    photograph: _Inside
    mask: _Inside | None = None
    width: _Side
    height: _Side
    matrix: _Rows
    rotation: _Rows
    translation: _Row


class _WrittenPoint(_Model):
    at: _Row
    seen_by: list[int]


class _WrittenScene(_Model):
    scale_known: bool
    reprojection_px: float
    views: list[_WrittenView]
    points: list[_WrittenPoint]
    left_out: dict[str, str] = {}


def write_scene(scene: Scene, folder: Path) -> None:
    """Write ``scene.json``; the pictures of the views lie in the folder already.

    Figures are rounded to 12 significant digits, so that the last bits of sums stay out of the bytes.
    """
    views = [
        {
            "name": view.name,
            "photograph": view.path.relative_to(folder).as_posix(),
            "mask": view.mask.relative_to(folder).as_posix() if view.mask else None,
            "width": view.width,
            "height": view.height,
            "matrix": _digits(view.matrix),
            "rotation": _digits(view.rotation),
            "translation": _digits(view.translation),
        }
        for view in scene.views
    ]
    told = {
        "scale_known": scene.scale_known,
        "reprojection_px": float(f"{scene.reprojection_px:.6g}"),
        "views": views,
        "points": [
            {"at": [float(f"{value:.9g}") for value in point], "seen_by": [int(number) for number in seen]}
            for point, seen in zip(scene.points, scene.seen_by, strict=True)
        ],
        "left_out": scene.left_out,
    }
    (folder / SCENE).write_bytes(addresses.dump(told))


def read_scene(folder: Path) -> Scene:
    """The scene of such a folder, its paths below it. Raises PhotogrammetryError."""
    path = folder / SCENE
    try:
        if path.stat().st_size > limits.MAX_JSON_BYTES:
            raise PhotogrammetryError(file=path, detail=f"it is larger than {limits.MAX_JSON_BYTES} bytes")
        told = _WrittenScene.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PhotogrammetryError(file=path, detail=error.strerror or "it cannot be read") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PhotogrammetryError(file=path, detail=f"{where}: {first['msg'].lower()}") from None
    count = len(told.views)
    if any(not 0 <= number < count for point in told.points for number in point.seen_by):
        raise PhotogrammetryError(file=path, detail="a point names a view that does not exist")
    return Scene(
        views=tuple(_view(view, folder) for view in told.views),
        points=np.array([point.at for point in told.points], float).reshape(-1, 3),
        seen_by=tuple(np.array(point.seen_by, np.int32) for point in told.points),
        reprojection_px=told.reprojection_px,
        scale_known=told.scale_known,
        left_out=told.left_out,
    )


def _view(view: _WrittenView, folder: Path) -> View:
    return View(
        name=view.name,
        path=folder / view.photograph,
        width=view.width,
        height=view.height,
        matrix=np.array(view.matrix),
        rotation=np.array(view.rotation),
        translation=np.array(view.translation),
        mask=folder / view.mask if view.mask else None,
    )


def _digits(values: np.ndarray) -> list[object]:
    rounded = np.vectorize(lambda value: float(f"{value:.12g}"))(values)
    return list(rounded.tolist())
