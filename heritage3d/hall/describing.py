"""room.json: everything that the viewer draws, resolved to metres, so that it asks for nothing else first."""

from __future__ import annotations

import math
from typing import Any

from heritage3d.hall.budget import near_and_far
from heritage3d.hall.exhibits import Exhibit, Sized
from heritage3d.hall.layout import FRAME, LABEL, LABEL_GAP, Hung, Standing

Json = dict[str, Any]

_PLINTH_TILT, _LECTERN_TILT = -50.0, -52.0  # degrees from upright: what is read standing
_OFF_WALL = 0.035  # metres: the face of what hangs
_LIFT = 0.05  # metres: a small thing stands on a pin above its plinth
_SMALL = 0.3
_VIEW_PLINTH, _VIEW_LECTERN = 0.62, 0.42  # metres before the front, where one stands to look


def described(exhibit: Exhibit, place: Standing | Hung) -> Json:
    """One exhibit as the viewer reads it."""
    holding = exhibit.holding
    told: Json = {
        "id": holding.id,
        "title": holding.title,
        "summary": exhibit.asked.text or holding.summary,
        "facts": list(holding.facts),
        "scale": "known" if exhibit.scale_known else "unknown",
        "direction": holding.direction,
    }
    if isinstance(place, Hung):
        return told | _on_wall(exhibit, place)
    return told | (_on_plinth(exhibit, place) if exhibit.model else _on_lectern(exhibit, place))


def _on_plinth(exhibit: Exhibit, place: Standing) -> Json:
    model = exhibit.model
    assert model is not None
    width, height, depth = exhibit.box
    lift = _LIFT if max(width, height, depth) < _SMALL else 0.0
    near, far = near_and_far(model.levels)
    files = [
        {"address": f"{model.address}/{level.file}", "triangles": level.triangles}
        for level in dict.fromkeys((far, near))
    ]
    label_x, label_z = place.before(place.depth / 2 + 0.118)
    return {
        "kind": "plinth",
        "stand": _stand(place),
        "model": {
            "files": files,
            "least": list(model.least),
            "greatest": list(model.greatest),
            "factor": _figure(exhibit.factor),
            "at": [place.x, _figure(place.height + lift), place.z],
            "turn": place.turn,
            "pin": lift > 0,
        },
        "panels": [],
        "label": _label([label_x, _figure(place.height - 0.1), label_z], place.turn, _PLINTH_TILT),
        "view": _view(*place.before(place.depth / 2 + max(_VIEW_PLINTH, 0.9 * max(width, height))), place.turn),
        "notes": _model_notes(exhibit),
    }


def _on_lectern(exhibit: Exhibit, place: Standing) -> Json:
    aside = -(LABEL[0] + LABEL_GAP / 2) / 2
    panels: list[Json] = []
    for number, spread in enumerate(_spreads(exhibit)):
        for side, sized in spread:
            x, z = place.before(0.0, aside + side * sized.width / 2)
            panels.append(
                _panel(sized, [x, _figure(place.height + 0.012), z], place.turn, _LECTERN_TILT, spread=number)
            )
    x, z = place.before(0.0, place.width / 2 - LABEL[0] / 2 - LABEL_GAP / 2)
    return {
        "kind": "lectern",
        "stand": _stand(place) | {"tilt": _LECTERN_TILT},
        "panels": panels,
        "label": _label([x, _figure(place.height + 0.012), z], place.turn, _LECTERN_TILT),
        "view": _view(*place.before(_VIEW_LECTERN, aside / 2), place.turn),
        "notes": _page_notes(exhibit),
    }


def _spreads(exhibit: Exhibit) -> list[list[tuple[int, Sized]]]:
    """The openings of a book with the side of each page (-1 left, 1 right, 0 alone); the first page lies alone."""
    pages = list(exhibit.pages)
    if len(pages) < 3:
        return [[(0, page)] for page in pages]
    first, second = (1, -1) if exhibit.holding.direction == "right-to-left" else (-1, 1)
    pairs = [pages[at : at + 2] for at in range(1, len(pages), 2)]
    return [[(second, pages[0])], *(list(zip((first, second), pair, strict=False)) for pair in pairs)]


def _on_wall(exhibit: Exhibit, place: Hung) -> Json:
    width, height = exhibit.row
    panels: list[Json] = []
    left = place.along - width / 2
    for sized in exhibit.pages:
        x, z = place.wall.point(left + sized.width / 2, _OFF_WALL)
        panels.append(_panel(sized, [x, place.height, z], place.wall.turn, 0.0))
        left += sized.width + exhibit.gap
    middle_x, middle_z = place.wall.point(place.along)
    label_x, label_z = place.wall.point(place.along + place.width / 2 + LABEL_GAP + LABEL[0] / 2, 0.012)
    # A long scroll is met at its beginning.
    beginning = min(width / 2 - 0.6, width) if width > 3 else 0.0
    if exhibit.holding.direction != "right-to-left":
        beginning = -beginning
    view_x, view_z = place.wall.point(
        place.along + beginning, min(max(0.9, 1.1 * min(width, 3.0) * 0.8, 1.3 * height), 2.6)
    )
    return {
        "kind": "wall",
        "frame": {
            "at": [middle_x, place.height, middle_z],
            "turn": place.wall.turn,
            "size": [_figure(width + 2 * FRAME), _figure(height + 2 * FRAME)],
        },
        "panels": panels,
        "label": _label([label_x, 1.42, label_z], place.wall.turn, 0.0),
        "view": _view(view_x, view_z, place.wall.turn),
        "notes": _page_notes(exhibit),
    }


def _stand(place: Standing) -> Json:
    return {
        "at": [place.x, place.z],
        "turn": place.turn,
        "size": [_figure(place.width), _figure(place.height), _figure(place.depth)],
    }


def _panel(sized: Sized, at: list[float], turn: float, tilt: float, spread: int = 0) -> Json:
    page = sized.page
    return {
        "name": page.name,
        "label": page.label,
        "address": page.address,
        "width": page.width,
        "height": page.height,
        "tile": page.tile,
        "factors": list(page.factors),
        "format": page.format,
        "smallest": list(page.smallest),
        "size": [_figure(sized.width), _figure(sized.height)],
        "at": at,
        "turn": turn,
        "tilt": tilt,
        "spread": spread,
    }


def _label(at: list[float], turn: float, tilt: float) -> Json:
    return {"at": at, "turn": turn, "tilt": tilt, "size": list(LABEL)}


def _view(x: float, z: float, turn: float) -> list[float]:
    """Where one stands and looks: x, z, and the angle of the thing that one faces."""
    return [round(x, 4), round(z, 4), turn]


def _model_notes(exhibit: Exhibit) -> list[Json]:
    """Points in the file's own coordinates, metres."""
    model = exhibit.model
    assert model is not None
    several = len(exhibit.holding.models) > 1
    found: list[Json] = []
    for entry in exhibit.holding.notes:
        if "model" not in entry or (several and entry["model"] != model.name):
            continue
        note: Json = {"text": entry["text"], "title": entry.get("title") or {}}
        if entry.get("point") is not None and model.master_to_file is not None:
            point = [*entry["point"], 1.0]
            rows = model.master_to_file[:3]
            note["point"] = [_figure(sum(a * b for a, b in zip(row, point, strict=True))) for row in rows]
        found.append(note)
    return found


def _page_notes(exhibit: Exhibit) -> list[Json]:
    """Boxes in pixels of the page; on the whole page where it was cropped or joined since."""
    shown = {sized.page.name: at for at, sized in enumerate(exhibit.pages)}
    found: list[Json] = []
    for entry in exhibit.holding.notes:
        if entry.get("page") not in shown:
            continue
        panel = shown[entry["page"]]
        page = exhibit.pages[panel].page
        note: Json = {"text": entry["text"], "title": entry.get("title") or {}, "panel": page.name}
        box = entry.get("box")
        if box is not None and 0 <= box[0] <= page.width and 0 <= box[1] <= page.height:
            note["box"] = box
        found.append(note)
    return found


def _figure(value: float) -> float:
    """Tenths of a millimetre are enough for any room, hundredths of that for models."""
    return round(value, 6) if math.isfinite(value) else 0.0
