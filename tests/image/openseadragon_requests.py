"""What OpenSeadragon 6 asks of an info.json, transcribed from the behaviour of its IIIF tile source.

It is written from the viewer's side and shares nothing with the code under test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any


def requests(info: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Every address below the service with the pixel size that the viewer expects of it."""
    width, height = info["width"], info["height"]
    tile_width, tile_height = info["tiles"][0]["width"], info["tiles"][0]["height"]
    factors = info["tiles"][0]["scaleFactors"]
    top = round(math.log2(max(factors)))
    form = info.get("preferredFormats", ["jpg"])[0]
    sizes = _level_sizes(info, factors, top)
    for level in range(top + 1):
        scale = 0.5 ** (top - level)
        if sizes:
            level_width, level_height = sizes[level]
        else:
            level_width, level_height = math.ceil(width * scale), math.ceil(height * scale)
        for y in range(math.ceil(level_height / tile_height)):
            for x in range(math.ceil(level_width / tile_width)):
                if level_width < tile_width and level_height < tile_height:
                    region, w, h = "full", level_width, level_height
                else:
                    span_x, span_y = round(tile_width / scale), round(tile_height / scale)
                    left, up = x * span_x, y * span_y
                    across, down = min(span_x, width - left), min(span_y, height - up)
                    whole = x == 0 and y == 0 and across == width and down == height
                    region = "full" if whole else f"{left},{up},{across},{down}"
                    w = min(tile_width, level_width - x * tile_width)
                    h = min(tile_height, level_height - y * tile_height)
                size = "max" if (w, h) == (width, height) else f"{w},{h}"
                yield f"{region}/{size}/0/default.{form}", w, h


def _level_sizes(info: dict[str, Any], factors: list[int], top: int) -> list[tuple[int, int]] | None:
    """The sizes of the levels where the viewer trusts ``sizes``; it sorts them by width alone."""
    sizes = sorted(((size["width"], size["height"]) for size in info.get("sizes", [])), key=lambda size: size[0])
    if not sizes:
        return None
    if sizes[-1][0] < info["width"] and sizes[-1][1] < info["height"]:
        sizes.append((info["width"], info["height"]))
    if len(sizes) != top + 1:
        return None
    for factor, (width, height) in zip(reversed(factors), sizes, strict=True):
        across, down = math.floor(info["width"] / width + 0.5), math.floor(info["height"] / height + 0.5)
        if (across, down) != (factor, factor):
            return None
    return sizes
