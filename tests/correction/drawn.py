"""Pages drawn for tests: writing on paper on a ground, so that every edge and line is known."""

from __future__ import annotations

import numpy as np

PAPER, STAND, INK = (226, 214, 186), (40, 41, 44), (40, 34, 30)


def paper(width: int, height: int, seed: int = 1, colour: tuple[int, int, int] = PAPER) -> np.ndarray:
    """Blank paper with grain and clouds that have no direction."""
    rng = np.random.default_rng(seed)
    grain = rng.normal(0, 4, (height, width, 1))
    return np.clip(np.array(colour) + grain, 0, 255).astype(np.uint8)


def written(width: int, height: int, seed: int = 1, *, upright: bool = False) -> np.ndarray:
    """A page of writing: level lines, or columns."""
    if upright:
        return np.ascontiguousarray(written(height, width, seed).transpose(1, 0, 2))
    rng = np.random.default_rng(seed)
    page = paper(width, height, seed)
    pitch, left, right = 36, round(0.12 * width), round(0.88 * width)
    for top in range(round(0.1 * height), round(0.9 * height) - pitch, pitch):
        x = left
        while x < right:
            for _ in range(int(rng.integers(2, 8))):  # the strokes of a word
                high, wide = int(rng.integers(12, 20)), int(rng.integers(3, 8))
                page[top + 20 - high : top + 20, x : min(x + wide, right)] = INK
                x += wide + int(rng.integers(2, 5))
            x += int(rng.integers(8, 16))
    return page


def on_stand(page: np.ndarray, margin: int = 80, colour: tuple[int, int, int] = STAND) -> np.ndarray:
    """The page on a dark copy stand."""
    height, width = page.shape[:2]
    shot = paper(width + 2 * margin, height + 2 * margin, 7, colour)
    shot[margin : margin + height, margin : margin + width] = page
    return shot


def opening(seed: int = 1, *, upright: bool = False) -> tuple[np.ndarray, int]:
    """A double page on a stand, with the shade of its binding, and the column of its gutter."""
    left, right = (written(640, 900, seed + at, upright=upright) for at in (0, 1))
    both = np.concatenate([left, right], axis=1).astype(float)
    away = np.abs(np.arange(both.shape[1]) - 640 + 0.5)
    both *= (1 - 0.25 * np.exp(-away / 40) - 0.25 * np.exp(-((away / 3) ** 2)))[None, :, None]
    return on_stand(np.clip(both, 0, 255).astype(np.uint8)), 720


def target(width: int = 300, height: int = 200) -> np.ndarray:
    """Patches of many colours on black, as a colour target has them."""
    rng = np.random.default_rng(5)
    shot = np.full((height, width, 3), 22, np.uint8)
    step = height // 4
    for row in range(4):
        for column in range(width // step):
            patch = rng.integers(40, 235, 3)
            shot[row * step + 5 : (row + 1) * step - 5, column * step + 5 : (column + 1) * step - 5] = patch
    return shot
