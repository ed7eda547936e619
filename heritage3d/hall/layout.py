"""Where everything stands and hangs: given places are checked, the others found; metres, x east, z south, y up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heritage3d import errors
from heritage3d.hall.exhibits import Exhibit
from heritage3d.hall.file import Lines, RoomFile
from heritage3d.hall.walls import Hanging, Wall, spread_out, walls_of

EYE = 1.5  # metres: the middle of what hangs, as galleries hang it
HEIGHT = 3.4
LABEL = (0.30, 0.2625)  # metres: width and height of a label
LABEL_GAP = 0.14
LEAST_WIDTH, LEAST_DEPTH, MOST = 6.4, 6.0, 80.0
AISLE = 1.5  # metres that stay free before a wall
APART = 2.1  # metres between the middles of two plinths
LECTERN_DEPTH = 0.4
FRAME = 0.06  # metres of mat and frame around a row of pages


@dataclass(frozen=True)
class Standing:
    """What stands on the floor: its middle, its turn in degrees, the width and depth of its foot, its height."""

    x: float
    z: float
    turn: float
    width: float
    depth: float
    height: float

    def reach(self) -> tuple[float, float]:
        """Half the width and depth of the upright box around it."""
        c, s = abs(math.cos(math.radians(self.turn))), abs(math.sin(math.radians(self.turn)))
        return (self.width * c + self.depth * s) / 2, (self.width * s + self.depth * c) / 2

    def before(self, distance: float, aside: float = 0.0) -> tuple[float, float]:
        """x and z of a place before its front."""
        s, c = math.sin(math.radians(self.turn)), math.cos(math.radians(self.turn))
        return round(self.x + s * distance + c * aside, 4), round(self.z + c * distance - s * aside, 4)


@dataclass(frozen=True)
class Hung:
    """What hangs: the wall, the middle of the pages along it and their height, the width without the label."""

    wall: Wall
    along: float
    height: float
    width: float


@dataclass(frozen=True)
class Layout:
    """A room with a place for each exhibit, in their order."""

    width: float
    depth: float
    height: float
    start: tuple[float, float]
    places: tuple[Standing | Hung, ...]


def foot(exhibit: Exhibit) -> tuple[float, float, float]:
    """Width, depth and height of the plinth or lectern of an exhibit."""
    if exhibit.model:
        width, height, depth = exhibit.box
        # The middle of the object at the height of the eyes of a child and of a seated visitor.
        top = exhibit.asked.height or min(max(1.22 - height / 2, 0.12), 1.05)
        return max(0.4, width + 0.16), max(0.4, depth + 0.16), round(top, 4)
    spread = max(_spreads_width(exhibit), 0.3)
    return spread + LABEL[0] + 3 * LABEL_GAP / 2, LECTERN_DEPTH, exhibit.asked.height or 1.0


def _spreads_width(exhibit: Exhibit) -> float:
    widest = max(sized.width for sized in exhibit.pages)
    return 2 * widest if len(exhibit.pages) > 1 else widest


def hung_width(exhibit: Exhibit) -> float:
    """Width of what hangs, its frame and its label."""
    return exhibit.row[0] + 2 * FRAME + LABEL_GAP + LABEL[0]


def lay_out(exhibits: Sequence[Exhibit], told: RoomFile, lines: Lines) -> Layout:
    """A place for every exhibit; the room becomes as large as they need where room.yaml does not say.

    Raises RoomPlaceImpossible, or ObjectErrors with all that cannot be placed.
    """
    width, depth, height = _least(exhibits, told)
    while True:
        found = _Attempt(exhibits, told, lines, width, depth, height)
        layout = found.layout()
        if layout:
            return layout
        can_grow = (told.size.width is None and width < MOST, told.size.depth is None and depth < MOST)
        if found.hopeless or not any(can_grow):
            raise errors.gathered(found.faults)
        grow_width = can_grow[0] and (not can_grow[1] or width <= depth * 1.2)
        width, depth = (min(width + 0.5, MOST), depth) if grow_width else (width, min(depth + 0.5, MOST))


def _least(exhibits: Sequence[Exhibit], told: RoomFile) -> tuple[float, float, float]:
    hung = [exhibit for exhibit in exhibits if exhibit.place == "wall"]
    longest = max(
        (hung_width(exhibit) for exhibit in hung if exhibit.asked.wall in (None, "north", "south")), default=0.0
    )
    sideways = max((hung_width(exhibit) for exhibit in hung if exhibit.asked.wall in ("east", "west")), default=0.0)
    standing = sum(1 for exhibit in exhibits if exhibit.place != "wall")
    columns = math.ceil(math.sqrt(standing * 1.2))
    rows = math.ceil(standing / columns) if columns else 0
    width = told.size.width or min(max(LEAST_WIDTH, longest + 1.4, (columns - 1) * APART + 2 * AISLE + 1.2), MOST)
    depth = told.size.depth or min(max(LEAST_DEPTH, sideways + 1.4, (rows - 1) * APART + 2 * AISLE + 2.2), MOST)
    tallest = [exhibit.row[1] + 0.5 for exhibit in hung]
    tallest += [exhibit.box[1] + foot(exhibit)[2] + 0.5 for exhibit in exhibits if exhibit.model]
    return width, depth, told.size.height or min(max(HEIGHT, *tallest, 0.0), 12.0)


class _Attempt:
    """One try with one size of the room."""

    def __init__(
        self, exhibits: Sequence[Exhibit], told: RoomFile, lines: Lines, width: float, depth: float, height: float
    ) -> None:
        self.exhibits, self.told, self.lines = exhibits, told, lines
        self.width, self.depth, self.height = width, depth, height
        self.walls = walls_of(width, depth)
        self.places: dict[int, Standing | Hung] = {}
        self.faults: list[errors.Heritage3dError] = []
        self.hopeless = False  # a longer or deeper room would not help
        self.start = (0.0, round(depth / 2 - 1.0, 4))

    def layout(self) -> Layout | None:
        """The room, or None with ``faults``."""
        for at, exhibit in enumerate(self.exhibits):
            if exhibit.asked.at is not None:
                self._stand_there(at, exhibit)
            elif exhibit.asked.along is not None:
                self._hang(at, exhibit, self.walls[exhibit.asked.wall or "north"], exhibit.asked.along)
        self._hang_the_rest()
        self._stand_the_rest()
        self._begin()
        if self.faults:
            return None
        places = tuple(self.places[at] for at in range(len(self.exhibits)))
        return Layout(round(self.width, 3), round(self.depth, 3), round(self.height, 3), self.start, places)

    def _fault(self, exhibit: Exhibit, detail: str) -> None:
        self.faults.append(errors.RoomPlaceImpossible(file=exhibit.line, value=exhibit.holding.id, detail=detail))

    # --- on the walls -------------------------------------------------------------------------------------

    def _hang_the_rest(self) -> None:
        waiting = [
            (at, exhibit)
            for at, exhibit in enumerate(self.exhibits)
            if exhibit.place == "wall" and exhibit.asked.along is None
        ]
        for name in (*self.walls, ""):
            group = [(at, exhibit) for at, exhibit in waiting if (exhibit.asked.wall or "") == name]
            walls = {name: self.walls[name]} if name else self.walls
            widths = [hung_width(exhibit) for _at, exhibit in group]
            spots = spread_out(walls, widths)
            if spots is None:
                where = f"the {name} wall" if name else "the walls"
                free = max((stop - start for wall in walls.values() for start, stop in wall.free()), default=0.0)
                at, exhibit = max(group, key=lambda entry: hung_width(entry[1]))
                need = f"it needs {hung_width(exhibit):.2f} m with its label"
                self._fault(exhibit, f"{need}, {free:.2f} m are free in one piece on {where}")
                continue
            for (at, exhibit), (wall, along) in zip(group, spots, strict=True):
                self._hang(at, exhibit, self.walls[wall], along)

    def _hang(self, at: int, exhibit: Exhibit, wall: Wall, along: float) -> None:
        """Pages with their label to the right of them; ``along`` is the middle of both together."""
        whole = hung_width(exhibit)
        if fault := wall.fault(along, whole):
            return self._fault(exhibit, fault)
        width, tall = exhibit.row[0] + 2 * FRAME, exhibit.row[1] + 2 * FRAME
        middle = exhibit.asked.height or max(EYE, tall / 2 + 0.25)
        if middle - tall / 2 < 0.05 or middle + tall / 2 > self.height - 0.1:
            detail = (
                f"it is {tall:.2f} m high with its frame, its middle would hang at {middle:.2f} m, "
                f"and the room is {self.height:.2f} m high"
            )
            self.hopeless = True
            return self._fault(exhibit, detail)
        wall.hanging.append(Hanging(along, whole))
        self.places[at] = Hung(wall, round(along - (whole - width) / 2, 4), round(middle, 4), width)
        return None

    # --- on the floor -------------------------------------------------------------------------------------

    def _stand_there(self, at: int, exhibit: Exhibit) -> None:
        east, north = exhibit.asked.at or (0.0, 0.0)
        place = Standing(east, -north, exhibit.asked.turn, *foot(exhibit))
        if fault := self._blocked(place):
            return self._fault(exhibit, fault)
        self._put(at, exhibit, place)
        return None

    def _put(self, at: int, exhibit: Exhibit, place: Standing) -> None:
        whole = place.height + exhibit.box[1] if exhibit.model else 0.0
        if whole > self.height - 0.05:
            self.hopeless = True
            self._fault(exhibit, f"with its plinth it is {whole:.2f} m high, the room {self.height:.2f} m")
        self.places[at] = place

    def _blocked(self, place: Standing) -> str | None:
        """Why something cannot stand there."""
        across, along = place.reach()
        if abs(place.x) + across > self.width / 2 - 0.05 or abs(place.z) + along > self.depth / 2 - 0.05:
            return (
                f"that is outside the room or in a wall; the room reaches {self.width / 2:.2f} m to the east and west, "
                f"{self.depth / 2:.2f} m to the north and south"
            )
        for number, other in self.places.items():
            if isinstance(other, Standing):
                wide, deep = other.reach()
                if abs(place.x - other.x) < across + wide and abs(place.z - other.z) < along + deep:
                    return f"{self.exhibits[number].holding.id} stands there"
        return None

    def _stand_the_rest(self) -> None:
        waiting = [
            (at, exhibit)
            for at, exhibit in enumerate(self.exhibits)
            if exhibit.place != "wall" and exhibit.asked.at is None
        ]
        for at, exhibit in waiting:
            size = foot(exhibit)
            own = self._grid(len(waiting), waiting.index((at, exhibit)))
            spots = (Standing(x, z, exhibit.asked.turn, *size) for x, z in itertools.chain(own, self._anywhere()))
            place = next((spot for spot in spots if self._blocked(spot) is None), None)
            if place is None:
                self._fault(exhibit, f"no free place of {size[0]:.2f} x {size[1]:.2f} m is left on the floor")
            else:
                self._put(at, exhibit, place)

    def _grid(self, count: int, first: int) -> list[tuple[float, float]]:
        """Places in rows with aisles around them, the own one first."""
        columns = max(1, math.ceil(math.sqrt(count * 1.2)))
        rows = math.ceil(count / columns)
        spots = []
        for at in range(count):
            row, column = divmod(at, columns)
            here = min(columns, count - row * columns)
            # The first row is the nearest to the entrance; the field lies a little to the north of the middle.
            x = (column - (here - 1) / 2) * APART
            z = ((rows - 1) / 2 - row) * APART - 0.35
            spots.append((round(x, 4), round(z, 4)))
        return spots[first:] + spots[:first]

    def _anywhere(self) -> Iterator[tuple[float, float]]:
        """Every place of a fine grid, from the middle outwards."""
        steps = [at * 0.7 for at in range(-56, 57)]
        found = [(round(x, 4), round(z, 4)) for z in steps for x in steps if self._walkable(x, z)]
        yield from sorted(found, key=lambda place: (math.hypot(*place), place))

    def _walkable(self, x: float, z: float) -> bool:
        return abs(x) < self.width / 2 - AISLE / 2 and abs(z) < self.depth / 2 - AISLE / 2

    def _begin(self) -> None:
        """Where visitors arrive: given, or before the south wall, looking north."""
        if self.told.start:
            self.start = (self.told.start[0], -self.told.start[1])
        line = self.lines.at("start")
        fault = self._blocked(Standing(*self.start, 0.0, 0.4, 0.4, 0.0))
        if fault and self.told.start:
            self.faults.append(errors.RoomPlaceImpossible(file=line, value="start", detail=fault))
        elif fault:
            free = [(x, z) for x, z in self._anywhere() if not self._blocked(Standing(x, z, 0.0, 0.5, 0.5, 0.0))]
            self.start = max(free, key=lambda place: (place[1], -abs(place[0])), default=(0.0, 0.0))
