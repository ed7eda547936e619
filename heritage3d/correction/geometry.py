"""Where a corrected picture lies in its master: boxes and shares, from the matrix between them."""

from __future__ import annotations

import cv2
import numpy as np


def corners_of(width: int, height: int) -> np.ndarray:
    """The corners of a picture, clockwise from the upper left: (4, 2), pixel centres at integers."""
    return np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])


def moved(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) through a 3 x 3 matrix whose last row is 0 0 1."""
    return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2])


def box_of(to_master: np.ndarray, width: int, height: int) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels of the master of the upright box around a picture."""
    corners = moved(to_master, corners_of(width, height)) + 0.5
    low, high = corners.min(axis=0), corners.max(axis=0)
    left, top, wide, high_ = (round(float(value), 3) for value in (*low, *(high - low)))
    return left, top, wide, high_


def beyond(to_master: np.ndarray, width: int, height: int, master_width: int, master_height: int) -> float:
    """The share of a picture that lies outside its master."""
    picture = moved(to_master, corners_of(width, height)).astype(np.float32)
    master = corners_of(master_width, master_height).astype(np.float32)
    area, _shape = cv2.intersectConvexConvex(picture, master)
    share = 1 - float(area) / (width * height)
    return share if share > 1e-6 else 0.0
