"""The four walls: where something hangs, what room is left, in metres; x to the east, z to the south, y up."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MARGIN = 0.5  # metres that stay free at both ends of a wall
BETWEEN = 0.7  # metres between two things on a wall


@dataclass(frozen=True)
class Hanging:
    """The part of a wall that something takes, its label included: the middle along the wall and the width."""

    along: float
    width: float


@dataclass
class Wall:
    """One wall as one faces it: ``along`` runs to the right from its middle.

    ``turn`` is the angle, in degrees around y, that turns something facing south so that it faces the room.
    """

    name: str
    length: float
    middle: tuple[float, float]
    right: tuple[float, float]
    turn: float
    hanging: list[Hanging] = field(default_factory=list)

    def point(self, along: float, off: float = 0.0) -> tuple[float, float]:
        """x and z of a place on the wall, ``off`` metres before it."""
        inward = (math.sin(math.radians(self.turn)), math.cos(math.radians(self.turn)))
        x = self.middle[0] + self.right[0] * along + inward[0] * off
        z = self.middle[1] + self.right[1] * along + inward[1] * off
        return round(x, 4), round(z, 4)

    def free(self) -> list[tuple[float, float]]:
        """What is left of it between the things that hang, from left to right."""
        left, found = -self.length / 2 + MARGIN, []
        for entry in sorted(self.hanging, key=lambda one: one.along):
            found.append((left, entry.along - entry.width / 2 - BETWEEN))
            left = entry.along + entry.width / 2 + BETWEEN
        found.append((left, self.length / 2 - MARGIN))
        return [(start, stop) for start, stop in found if stop > start]

    def fault(self, along: float, width: float) -> str | None:
        """Why something cannot hang here; None where it can."""
        over = max(along + width / 2, -along + width / 2) - self.length / 2
        if over > 0.001:
            return (
                f"it is {width:.2f} m wide with its label and reaches {over:.2f} m beyond the end "
                f"of the {self.name} wall, which is {self.length:.2f} m long"
            )
        for other in self.hanging:
            if abs(other.along - along) < (other.width + width) / 2 - 0.001:
                left, right = other.along - other.width / 2, other.along + other.width / 2
                return f"something else hangs on the {self.name} wall from {left:.2f} to {right:.2f} m"
        return None


def walls_of(width: float, depth: float) -> dict[str, Wall]:
    """The walls of a room around the origin."""
    return {
        "north": Wall("north", width, (0.0, -depth / 2), (1.0, 0.0), 0.0),
        "east": Wall("east", depth, (width / 2, 0.0), (0.0, 1.0), -90.0),
        "west": Wall("west", depth, (-width / 2, 0.0), (0.0, -1.0), 90.0),
        "south": Wall("south", width, (0.0, depth / 2), (-1.0, 0.0), 180.0),
    }


def spread_out(walls: dict[str, Wall], widths: list[float]) -> list[tuple[str, float]] | None:
    """A wall and a place for each width, evenly in what is free, the widest first; None where they do not fit."""
    parts = {(name, at): list(part) for name, wall in walls.items() for at, part in enumerate(wall.free())}
    taken: dict[tuple[str, int], list[int]] = {key: [] for key in parts}
    # North is what a visitor sees on entering: the widest hangs there.
    liking = {"north": 1.3, "east": 1.0, "west": 1.0, "south": 0.7}
    left = {key: stop - start for key, (start, stop) in parts.items()}
    for index in sorted(range(len(widths)), key=lambda one: (-widths[one], one)):
        fitting = [key for key in parts if left[key] >= widths[index] + (BETWEEN if taken[key] else 0.0)]
        if not fitting:
            return None
        key = max(fitting, key=lambda one: (left[one] * liking[one[0]], one[0]))
        left[key] -= widths[index] + (BETWEEN if taken[key] else 0.0)
        taken[key].append(index)
    places: dict[int, tuple[str, float]] = {}
    for key, indices in taken.items():
        start, stop = parts[key]
        gap = (stop - start - sum(widths[index] for index in indices)) / (len(indices) + 1)
        at = start
        for index in sorted(indices):
            places[index] = (key[0], round(at + gap + widths[index] / 2, 4))
            at += gap + widths[index]
    return [places[index] for index in range(len(widths))]
