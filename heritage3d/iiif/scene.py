"""Write the IIIF Presentation 4 manifest of an object (draft of May 2026): each model in a Scene, at true size.

A Scene is right-handed, y upwards; its unit is the metre of glTF wherever the scale of the model is known.
The pages are Canvases of the manifest and hang beside the first model, as large as their ppi or their width in mm says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from heritage3d.iiif import comments
from heritage3d.iiif.manifest import GLB, LEVELS, MODEL, Json, described, image_body, mm_per_pixel
from heritage3d.iiif.parts import ImagePart, ModelPart, Picture
from heritage3d.pipeline.addresses import here

CONTEXT = "http://iiif.io/api/presentation/4/context.json"
MEDIA_TYPE = f'application/ld+json;profile="{CONTEXT}"'
FIELD_OF_VIEW = 40.0  # degrees, vertical
BACKGROUND = "#E4DCCB"  # the warm grey on which the reading room shows models too
MAX_HANGING = 12  # pages that hang in the scene; all are in the manifest


def scene_manifest(
    record: Json, images: Sequence[ImagePart], models: Sequence[ModelPart], *, thumbnail: Picture | None = None
) -> Json:
    """The Presentation 4 manifest of an object with at least one model; addresses are neutral until published.

    ``images`` stand in the order of the pages. A model of unknown scale gets no unit, no camera and no light:
    the viewer chooses its own.
    """
    pages = {page["name"]: page for page in record.get("pages") or []}
    sizes = [mm_per_pixel(pages.get(part.name), record) for part in images]
    labels = [(pages.get(part.name) or {}).get("label") or {"none": [part.name]} for part in images]
    canvases = [_canvas(*told) for told in zip(images, labels, sizes, strict=True)]
    scenes = [_scene(part, MODEL if len(models) == 1 else {"none": [part.name]}) for part in models]
    for part, scene in zip(models, scenes, strict=True):
        scene |= comments.in_scene(part, record, scene["id"])
    if models[0].extent_mm:
        known = [(part, size / 1000) for part, size in zip(images, sizes, strict=True) if size]
        scenes[0]["items"][0]["items"] += _hanging(known[:MAX_HANGING], models[0])
    return described(record, CONTEXT, "scene.json", thumbnail) | {"items": scenes + canvases}


def _canvas(part: ImagePart, label: dict[str, list[str]], mm_per_px: float | None) -> Json:
    identifier = _canvas_id(part.address)
    canvas: Json = {"id": identifier, "type": "Canvas", "label": label, "height": part.height, "width": part.width}
    if mm_per_px:
        canvas["spatialScale"] = _metres(mm_per_px / 1000)
    page = _page(f"canvas/{part.address}", [_paint(f"canvas/{part.address}", image_body(part), identifier, "Canvas")])
    return canvas | {"items": [page]}


def _scene(part: ModelPart, label: dict[str, list[str]]) -> Json:
    identifier = _scene_id(part.address)
    shown = next((file for file in part.files if file.role == "web"), part.files[0])
    body = {"id": here(shown.address), "type": "Model", "label": label, "format": GLB}
    model = _paint(f"scene/{part.address}", body, identifier, "Scene")
    scene: Json = {"id": identifier, "type": "Scene", "label": label, "backgroundColor": BACKGROUND}
    painted = [model]
    if part.extent_mm:
        scene["spatialScale"] = _metres(1.0)
        painted += _camera_and_lights(part, identifier, model["id"])
    if others := [file for file in part.files if file != shown]:
        scene["rendering"] = [
            {
                "id": here(file.address),
                "type": "Model",
                "label": LEVELS.get(file.role, {"none": [file.role]}),
                "format": GLB,
            }
            for file in others
        ]
    return scene | {"items": [_page(f"scene/{part.address}", painted)]}


def _camera_and_lights(part: ModelPart, scene: str, model: str) -> list[Json]:
    """A camera from which the whole model is seen, and light from above left, as the plates of catalogues have it."""
    reach = _reach(part)
    distance = 1.1 * reach / math.sin(math.radians(FIELD_OF_VIEW / 2))
    look = {"id": model, "type": "Annotation"}
    camera = {
        "id": here(f"camera/{part.address}"),
        "type": "PerspectiveCamera",
        "fieldOfView": FIELD_OF_VIEW,
        "near": _rounded(distance / 1000),
        "far": _rounded(distance * 10),
        "lookAt": look,
    }
    ambient = {"id": here(f"light/ambient/{part.address}"), "type": "AmbientLight", "intensity": _relative(0.4)}
    raking = {
        "id": here(f"light/raking/{part.address}"),
        "type": "DirectionalLight",
        "intensity": _relative(0.9),
        "lookAt": look,
    }
    return [
        _paint(f"camera/{part.address}", camera, scene, "Scene", (0.0, 0.0, distance)),
        _paint(f"light/ambient/{part.address}", ambient, scene, "Scene"),
        _paint(f"light/raking/{part.address}", raking, scene, "Scene", (-distance, distance, distance / 2)),
    ]


def _hanging(images: Sequence[tuple[ImagePart, float]], model: ModelPart) -> list[Json]:
    """The pages side by side to the right of the model, their middles at its height.

    A canvas starts with its top left corner at the point where it hangs, one unit a pixel, and faces +z.
    """
    gap = 0.1 * _reach(model)
    scene = _scene_id(model.address)
    left = _reach(model) + gap
    found: list[Json] = []
    for part, metres_per_px in images:
        place = f"hanging/{part.address}"
        body = {
            "id": here(f"{place}/canvas"),
            "type": "SpecificResource",
            "source": {"id": _canvas_id(part.address), "type": "Canvas"},
            "transform": [{"type": "ScaleTransform", "x": metres_per_px, "y": metres_per_px, "z": 1.0}],
        }
        found.append(_paint(place, body, scene, "Scene", (left, part.height * metres_per_px / 2, 0.0)))
        left += part.width * metres_per_px + gap
    return found


def _reach(part: ModelPart) -> float:
    """How far, in metres, the model can reach from its origin: nobody says where in its box the origin lies."""
    return math.hypot(*(part.extent_mm or ())) / 1000


def _paint(place: str, body: Json, container: str, kind: str, point: tuple[float, float, float] | None = None) -> Json:
    target: Json = {"id": container, "type": kind}
    if point:
        selector = {"type": "PointSelector", **dict(zip("xyz", map(_rounded, point), strict=True))}
        target = {
            "id": here(f"v4/target/{place}"),
            "type": "SpecificResource",
            "source": target,
            "selector": [selector],
        }
    return {
        "id": here(f"v4/annotation/{place}"),
        "type": "Annotation",
        "motivation": ["painting"],
        "body": body,
        "target": target,
    }


def _page(place: str, annotations: list[Json]) -> Json:
    return {"id": here(f"v4/page/{place}"), "type": "AnnotationPage", "items": annotations}


def _canvas_id(address: str) -> str:
    return here(f"canvas/{address}")


def _scene_id(address: str) -> str:
    return here(f"scene/{address}")


def _metres(value: float) -> dict[str, Any]:
    return {"type": "Quantity", "quantityValue": value, "unit": "m"}


def _relative(value: float) -> dict[str, Any]:
    return {"type": "Quantity", "quantityValue": value, "unit": "relative"}


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
