"""A picture of a comparison: the first model in the colours of its distance to the second, and the farthest place."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from heritage3d import messages
from heritage3d.deviation import raster, viewing
from heritage3d.deviation import scale as scales
from heritage3d.deviation.comparing import Comparison, Pair
from heritage3d.deviation.scale import Scale
from heritage3d.deviation.surface import Points, Surface
from heritage3d.deviation.viewing import Seen, View

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 1800, 1200
_SIDE = 610  # the column with the close view, the scale and the figures
_TOP, _EDGE = 108, 40
_PAPER, _INK, _FAINT, _LINE = (247, 246, 243), (38, 36, 34), (118, 113, 106), (214, 210, 203)
_MARK = (20, 20, 20)
_ROWS = 1 << 20  # points asked at a time, so that memory stays small
_CLOSE = 0.035  # of the diagonal, to each side of the farthest place


def draw(told: Comparison, pair: Pair) -> bytes:
    """The picture as PNG (sRGB, 1800 x 1200): four sides of the first model, or both of a flat one, the farthest place
    from near by, and the scale of colours."""
    surface, other = pair.first.surface, pair.second.surface
    page = np.full((HEIGHT, WIDTH, 3), _PAPER, np.uint8)
    room = WIDTH - _SIDE - _EDGE, HEIGHT - _TOP - _EDGE
    views, columns = viewing.around(surface, *room)
    width, height = room[0] // columns, room[1] // (len(views) // columns)
    shown = [viewing.look(surface, view, width, height) for view in views]
    asked = [_distances(other, seen.points) for seen in shown]
    scale = scales.fitting(np.concatenate(asked), pair)
    assert pair.greater.where is not None
    place = np.array(pair.greater.where) - surface.centre
    for at, (seen, distance) in enumerate(zip(shown, asked, strict=True)):
        x, y = _EDGE + (at % columns) * width, _TOP + (at // columns) * height
        _paste(page, _painted(surface, seen, distance, scale), x, y)
        _text(page, messages.text(f"compare.{seen.view.name}"), (x + 8, y + 26), 20, _FAINT)
        column, row = seen.view.place(place, width, height)
        _ring(page, (x + column, y + row), seen.shows(place))
    _length_bar(page, views[0], (_EDGE + 8, HEIGHT - 34), width, pair)
    _heading(page, told)
    _close_view(page, surface, other, place, scale, pair)
    _legend(page, np.concatenate(asked), scale, (WIDTH - _SIDE + 36, 700), _SIDE - 36 - _EDGE)
    _figures(page, told, (WIDTH - _SIDE + 36, 870))
    done, data = cv2.imencode(".png", page[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 6])
    assert done
    return bytes(data)


def _distances(other: Surface, points: Points) -> NDArray[np.float64]:
    parts = [other.nearest(points[at : at + _ROWS]).distance for at in range(0, len(points), _ROWS)]
    return np.concatenate([np.empty(0), *parts])


def _painted(surface: Surface, seen: Seen, distance: NDArray[np.float64], scale: Scale) -> Picture:
    """A view in colours."""
    tree, paper = surface.tree, scales.linear(np.array(_PAPER) / 255)
    height, width = seen.owner.shape
    light = np.zeros((height // viewing.FINER, width // viewing.FINER, 3))
    table, beyond = scale.light(np.linspace(0, scale.top, 2048)), scale.light(np.array([scale.top * 2]))[0]
    raster.coloured(
        tree.points,
        tree.triangles,
        seen.view.axes,
        seen.owner,
        distance,
        table,
        scale.top,
        beyond,
        paper,
        viewing.FINER,
        light,
    )
    return np.asarray(np.round(scales.encoded(light) * 255), np.uint8)


def _close_view(page: Picture, surface: Surface, other: Surface, place: Points, scale: Scale, pair: Pair) -> None:
    """The farthest place from near by, under its caption."""
    x, y, side = WIDTH - _SIDE + 36, _TOP, _SIDE - 36 - _EDGE
    height = 470
    radius = max(_CLOSE * surface.diagonal, 4 * pair.greater.lower)
    view = viewing.near(surface, place, radius, side, height)
    seen = viewing.look(surface, view, side, height)
    _paste(page, _painted(surface, seen, _distances(other, seen.points), scale), x, y)
    cv2.rectangle(page, (x, y), (x + side, y + height), _LINE, 1, cv2.LINE_AA)
    _ring(page, (x + side / 2, y + height / 2), True)
    on = messages.text("compare.on_first" if pair.greater is pair.forward else "compare.on_second")
    value = scale.said(pair.greater.lower)
    _text(page, messages.text("compare.farthest_here", value=value, on=on), (x, y + height + 32), 22, _INK, 600)
    _length_bar(page, view, (x + 14, y + height - 16), side // 2, pair)


def _heading(page: Picture, told: Comparison) -> None:
    title = messages.text("compare.title", first=told.first.file, second=told.second.file)
    _text(page, title, (_EDGE, 58), 34, _INK, 600, WIDTH - _SIDE - _EDGE)
    _text(page, messages.text("compare.subtitle"), (_EDGE, 90), 20, _FAINT)


def _figures(page: Picture, told: Comparison, at: tuple[int, int]) -> None:
    """The figures of the comparison, one a line."""
    from heritage3d.deviation import telling

    x, y = at
    for label, value in telling.lines(told):
        _text(page, label, (x, y), 20, _FAINT, 400, x + 240)
        _text(page, value, (x + 248, y), 20, _INK, 500, WIDTH - 16)
        y += 31


def _legend(page: Picture, distance: NDArray[np.float64], scale: Scale, at: tuple[int, int], width: int) -> None:
    """The bar of colours with its figures, and above it how much of what is seen has each distance."""
    x, y = at
    share = np.histogram(np.minimum(distance, scale.top * 0.9999), bins=width // 4, range=(0, scale.top))[0]
    tall = np.sqrt(share / max(1, share.max()))
    for bin_, value in enumerate(tall):
        low = x + bin_ * 4
        cv2.rectangle(page, (low, y - int(46 * value)), (low + 3, y), _FAINT, -1)
    values = (np.arange(width) + 0.5) / width * scale.top
    colours = np.round(scales.encoded(scale.light(values)) * 255).astype(np.uint8)
    page[y + 4 : y + 30, x : x + width] = colours
    for step in range(scale.steps + 1):
        column = x + round(step * width / scale.steps)
        cv2.line(page, (column, y + 30), (column, y + 37), _INK, 1, cv2.LINE_AA)
        unit = f" {scale.unit}" if step == scale.steps else ""
        _text(page, scale.tick(step) + unit, (column, y + 58), 19, _INK, 400, centred=not unit, right=bool(unit))
    note = messages.text("compare.above_limit" if scale.limited else "compare.above_top", value=scale.said(scale.top))
    if scale.exceeded:
        over = np.round(scales.encoded(scale.light(np.array([scale.top * 2]))) * 255).astype(np.uint8)[0]
        cv2.rectangle(page, (x, y + 72), (x + 20, y + 92), tuple(int(value) for value in over), -1)
        _text(page, note, (x + 30, y + 89), 19, _FAINT)


def _length_bar(page: Picture, view: View, at: tuple[int, int], room: int, pair: Pair) -> None:
    """A length in the plane of a view, round in millimetres; nothing where the scale is unknown."""
    if not pair.known:
        return
    length = scales.round_down(room / 3 / view.scale)
    x, y = at
    end = x + round(length * view.scale)
    cv2.rectangle(page, (x - 8, y - 16), (end + 96, y + 16), _PAPER, -1)
    cv2.line(page, (x, y), (end, y), _INK, 2)
    for column in (x, end):
        cv2.line(page, (column, y - 5), (column, y + 5), _INK, 2)
    _text(page, f"{length:g} mm" if length >= 0.1 else f"{length * 1000:g} µm", (end + 10, y + 7), 19, _INK)


def _ring(page: Picture, at: tuple[float, float], visible: bool) -> None:
    """Marks a place; broken where it lies on the far side."""
    middle = (round(at[0]), round(at[1]))
    if visible:
        cv2.circle(page, middle, 15, (255, 255, 255), 5, cv2.LINE_AA)
        cv2.circle(page, middle, 15, _MARK, 2, cv2.LINE_AA)
        return
    for start in range(0, 360, 60):
        cv2.ellipse(page, middle, (15, 15), 0, start, start + 25, (150, 146, 140), 2, cv2.LINE_AA)


def _paste(page: Picture, part: Picture, x: int, y: int) -> None:
    page[y : y + part.shape[0], x : x + part.shape[1]] = part


def _text(
    page: Picture,
    text: str,
    at: tuple[int, int],
    size: int,
    colour: tuple[int, int, int],
    weight: int = 400,
    end: int = WIDTH,
    *,
    centred: bool = False,
    right: bool = False,
) -> None:
    """Text in the typeface that OpenCV 5 carries (Latin and Chinese), smaller where it would pass ``end``."""
    face: Any = cv2.FontFace("sans")
    width = cv2.getTextSize((WIDTH, HEIGHT), text, at, face, size, weight, cv2.PUT_TEXT_ALIGN_LEFT)[2]
    if not (centred or right) and at[0] + width > end:
        size = max(11, math.floor(size * (end - at[0]) / width))
    x = at[0] - round(width / 2) if centred else at[0] - width if right else at[0]
    cv2.putText(page, text, (x, at[1]), colour, face, size, weight)
