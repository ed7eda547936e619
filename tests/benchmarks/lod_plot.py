"""Bytes of geometry against certified deviation of all tools, a panel for each model, as SVG with logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

COLOURS = {
    "heritage3d": "#93301f",
    "heritage3d, levelled": "#d9705a",
    "gltfpack": "#1f5f8b",
    "gltf-transform": "#4f7a52",
    "Blender": "#b57a00",
}
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 420, 300, 64, 40, 84

Point = tuple[str, str, int, float]  # model, tool, bytes, millimetres


def plot(points: Sequence[Point]) -> str:
    """The picture; points of one tool are joined in the order of their bytes."""
    names = list(dict.fromkeys(model for model, *_ in points))
    panels = [_panel(name, [point for point in points if point[0] == name], at) for at, name in enumerate(names)]
    rows = -(-len(names) // 2)
    width, height = 2 * (_WIDTH + _GAP) + 20, rows * (_HEIGHT + _GAP) + 60
    legend = "".join(
        f'<circle cx="{_LEFT + at * 165}" cy="{height - 24}" r="5" fill="{colour}"/>'
        f'<text x="{_LEFT + 12 + at * 165}" y="{height - 19}">{tool}</text>'
        for at, (tool, colour) in enumerate(COLOURS.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="13" fill="#26211b"><rect width="{width}" height="{height}" fill="#fdfaf3"/>'
        f"{''.join(panels)}{legend}</svg>\n"
    )


def _panel(name: str, points: Sequence[Point], number: int) -> str:
    left = _LEFT + number % 2 * (_WIDTH + _GAP)
    top = _TOP + number // 2 * (_HEIGHT + _GAP)
    sizes, lengths = [point[2] for point in points], [max(point[3], 1e-4) for point in points]
    across, up = _ticks(min(sizes), max(sizes)), _ticks(min(lengths), max(lengths))

    def place(size: float, length: float) -> tuple[float, float]:
        x = left + _share(size, across) * _WIDTH
        y = top + _HEIGHT - _share(max(length, 1e-4), up) * _HEIGHT
        return round(x, 1), round(y, 1)

    parts = [f'<text x="{left}" y="{top - 12}" font-weight="600">{name}</text>']
    parts += [_grid(place(size, up[0])[0], top, 0, _HEIGHT, _bytes(size)) for size in across]
    parts += [_grid(left, place(across[0], length)[1], _WIDTH, 0, _length(length)) for length in up]
    for tool, colour in COLOURS.items():
        line = sorted((size, length) for _, owner, size, length in points if owner == tool)
        if not line:
            continue
        dots = [place(size, length) for size, length in line]
        joined = " ".join(f"{x},{y}" for x, y in dots)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in dots]
    return "".join(parts)


def _grid(x: float, y: float, width: int, height: int, words: str) -> str:
    text = (x, y + height + 18, "middle") if height else (x - 8, y + 4, "end")
    return (
        f'<path d="M{x} {y}h{width}v{height}" stroke="#d8cdb9" fill="none"/>'
        f'<text x="{text[0]}" y="{text[1]}" text-anchor="{text[2]}" fill="#655b4d">{words}</text>'
    )


def _ticks(least: float, most: float) -> list[float]:
    """1, 3, 10, 30 and so on, from the last one below all to the first one above."""
    every = [step * 10.0**power for power in range(-5, 12) for step in (1, 3)]
    first = max(at for at, value in enumerate(every) if value <= least)
    last = min(at for at, value in enumerate(every) if value >= most)
    return every[first : max(last, first + 1) + 1]


def _share(value: float, ticks: Sequence[float]) -> float:
    return math.log(value / ticks[0]) / math.log(ticks[-1] / ticks[0])


def _bytes(value: float) -> str:
    return f"{value / 1e6:g} MB" if value >= 1e6 else f"{value / 1e3:g} kB"


def _length(value: float) -> str:
    return f"{value:g} mm" if value >= 1 else f"{value * 1000:g} µm"
