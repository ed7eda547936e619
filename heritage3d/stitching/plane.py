"""Places in the plane: 3 x 3 matrices of similar and affine maps, pixel centres at integers."""

from __future__ import annotations

import cv2
import numpy as np


def applied(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The points (n, 2) after the map."""
    return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2])


def shift(x: float, y: float) -> np.ndarray:
    """The map that adds x and y."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def turn(radians: float) -> np.ndarray:
    """The rotation about the origin."""
    cosine, sine = np.cos(radians), np.sin(radians)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def enlarged(matrix: np.ndarray, factor: int) -> np.ndarray:
    """A map between reduced pictures as a map between the pictures themselves."""
    grow = np.array([[factor, 0.0, (factor - 1) / 2], [0.0, factor, (factor - 1) / 2], [0.0, 0.0, 1.0]])
    return np.asarray(grow @ matrix @ np.linalg.inv(grow))


def reduced(matrix: np.ndarray, factor: int) -> np.ndarray:
    """The other way round."""
    grow = np.array([[factor, 0.0, (factor - 1) / 2], [0.0, factor, (factor - 1) / 2], [0.0, 0.0, 1.0]])
    return np.asarray(np.linalg.inv(grow) @ matrix @ grow)


def angle(matrix: np.ndarray) -> float:
    """The turn in radians, counted from x to y (clockwise as one sees it, y points down)."""
    return float(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))


def scale(matrix: np.ndarray) -> float:
    """By how much lengths grow, in the mean of all directions."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))


def shared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The polygon (n, 2) that two convex quadrilaterals have in common; n is 0 where there is none."""
    area, polygon = cv2.intersectConvexConvex(first.astype(np.float32), second.astype(np.float32))
    return np.empty((0, 2)) if area <= 0 or polygon is None else polygon.reshape(-1, 2).astype(float)


def area(polygon: np.ndarray) -> float:
    """Its area in square pixels."""
    return float(cv2.contourArea(polygon.astype(np.float32))) if len(polygon) > 2 else 0.0
