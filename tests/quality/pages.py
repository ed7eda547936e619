"""Pages made for the tests: parchment with lines of writing, and what may go wrong with it at the copy stand."""

from __future__ import annotations

import cv2
import numpy as np

Picture = np.ndarray


def page(seed: int = 0, width: int = 1400, height: int = 1900, *, lines: int = 24, level: float = 205.0) -> Picture:
    """(height, width, 3) float32 of 8-bit values: a page on a dark table, sharp to the pixel."""
    rng = np.random.default_rng(seed)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = (38, 38, 42)
    top, left = height // 20, width // 16
    sheet = picture[top:-top, left:-left]
    sheet[:] = np.array([1.0, 0.95, 0.83], np.float32) * level
    ink = np.zeros(sheet.shape[:2], np.uint8)
    for y in np.linspace(sheet.shape[0] * 0.12, sheet.shape[0] * 0.88, lines):
        x = sheet.shape[1] * 0.12
        while x < sheet.shape[1] * 0.86:
            points = rng.integers(-13, 14, (5, 2)) + np.array([x, y])
            cv2.polylines(ink, [points.astype(np.int32) * 16], False, 255, 4, cv2.LINE_AA, 4)
            x += rng.integers(26, 44)
    sheet *= 1 - 0.8 * ink[..., None].astype(np.float32) / 255
    fibre = cv2.GaussianBlur(rng.normal(0, 1, picture.shape[:2]).astype(np.float32), (0, 0), 3)
    return picture * (1 + 0.01 * (fibre / fibre.std()))[..., None]


def blank(seed: int = 0, width: int = 1400, height: int = 1900) -> Picture:
    """A page that bears nothing."""
    return page(seed, width, height, lines=0)


def finished(picture: Picture, noise: float = 1.0, seed: int = 1) -> Picture:
    """With the noise of a sensor (standard deviation in 8-bit values), as uint8."""
    grain = np.random.default_rng(seed).standard_normal(picture.shape, np.float32)
    noisy = picture + np.float32(noise) * grain
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def shaken(picture: Picture, length: float, degrees: float) -> Picture:
    """Moved by ``length`` px in a direction counter-clockwise from the right, evenly during the exposure."""
    side, fine = int(np.ceil(length)) + 4 | 1, 9
    trace = np.zeros((side * fine, side * fine), np.float32)
    along = np.linspace(-length / 2, length / 2, round(length * fine * 2))
    middle = (side * fine - 1) / 2
    x = middle + along * fine * np.cos(np.radians(degrees))
    y = middle - along * fine * np.sin(np.radians(degrees))
    np.add.at(trace, (np.round(y).astype(int), np.round(x).astype(int)), 1)
    kernel = cv2.resize(trace, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def banded(picture: Picture, percent: float, period: float, axis: int) -> Picture:
    """With bands of that amplitude: axis 0 horizontal ones, axis 1 vertical ones."""
    wave = 1 + percent / 100 * np.sin(2 * np.pi * np.arange(picture.shape[axis]) / period)
    return picture * (wave[:, None, None] if axis == 0 else wave[None, :, None]).astype(np.float32)


def turned(picture: Picture, degrees: float) -> Picture:
    """Turned clockwise as people see it."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    return cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
