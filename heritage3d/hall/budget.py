"""Whether a room holds its frame rate: what the heaviest frame may cost, against what a device can draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from heritage3d.errors import RoomTooHeavy
from heritage3d.hall.exhibits import Exhibit
from heritage3d.hall.holdings import ModelLevel

_FILE = Path(__file__).with_name("frames.yaml")
EYES = 2
# What the room itself draws: walls, floor, shadows, labels, hands, rays, a panel, a marker. Reckoned, on the
# safe side: tests/browser/test_vr_room.py holds that no frame of its rooms needs more than was reckoned.
BUILDING_TRIANGLES = 12_000
BUILDING_CALLS = 14
BUILDING_TEXTURES = 40 << 20
LABELS_PER_SHEET = 16  # labels that share one texture of 2048 x 2048 pixels
SHEET_TEXTURES = 2048 * 2048 * 4 * 4 // 3
TRIANGLES_PER_PAGE = 2
TILE_TRIANGLES = 2
TILE_SIDES = (256, 512, 1024)
MOST_TILES = 96


@dataclass(frozen=True)
class Frame:
    """What a device can draw in one frame, both eyes together; ``basis`` as in frames.yaml."""

    device: str
    name: str
    triangles: int
    draw_calls: int
    texture_bytes: int
    basis: str
    source: str


@dataclass(frozen=True)
class Cost:
    """What the heaviest frame costs, both eyes together, and the textures that lie in memory."""

    triangles: int
    draw_calls: int
    texture_bytes: int


@dataclass(frozen=True)
class Sheet:
    """The texture that holds the sharp parts of all pages: so many squares of so many pixels."""

    side: int
    tiles: int

    @property
    def texture_bytes(self) -> int:
        """Four bytes a pixel, no mip levels."""
        return self.side * self.side * 4 * self.tiles


def frames() -> dict[str, Frame]:
    """The devices that have figures."""
    return {name: Frame(name, **entry) for name, entry in yaml.safe_load(_FILE.read_text("utf-8")).items()}


def chosen(devices: Sequence[str], file: str) -> list[Frame]:
    """The budgets of these devices. Raises RoomTooHeavy where one has none."""
    known = frames()
    for device in devices:
        if device not in known:
            raise RoomTooHeavy(file=file, device=device, detail=f"no budget is known of it, only of {', '.join(known)}")
    return [known[device] for device in dict.fromkeys(devices)]


def near_and_far(levels: Sequence[ModelLevel]) -> tuple[ModelLevel, ModelLevel]:
    """The level that is seen close by (made for headsets where there is one) and the light one of afar."""
    near = next((level for level in levels if level.role == "vr"), levels[-1])
    lighter = levels[0].triangles < near.triangles or levels[0].texture_bytes < near.texture_bytes
    far = levels[0] if lighter else near
    return near, far


def sheet_for(exhibits: Sequence[Exhibit], budgets: Sequence[Frame]) -> Sheet:
    """As many tiles as a third of the smallest texture budget holds; a picture of 12 tiles is sharp on any headset."""
    pages = [sized.page for exhibit in exhibits for sized in exhibit.pages]
    if not pages:
        return Sheet(TILE_SIDES[0], 0)
    wanted = max(page.tile for page in pages)
    side = next((side for side in TILE_SIDES if side >= wanted), TILE_SIDES[-1])
    least = min((budget.texture_bytes for budget in budgets), default=256 << 20)
    return Sheet(side, max(16, min(MOST_TILES, least // 3 // (side * side * 4))))


def cost(exhibits: Sequence[Exhibit], sheet: Sheet) -> Cost:
    """What the room costs when everything is in sight and the heaviest model is looked at closely."""
    models = [near_and_far(exhibit.model.levels) for exhibit in exhibits if exhibit.model]
    pages = sum(len(exhibit.pages) for exhibit in exhibits)
    triangles = BUILDING_TRIANGLES + pages * TRIANGLES_PER_PAGE + sheet.tiles * TILE_TRIANGLES
    triangles += sum(far.triangles for _near, far in models) + max(
        (near.triangles - far.triangles for near, far in models), default=0
    )
    sheets = -(-len(exhibits) // LABELS_PER_SHEET)
    calls = BUILDING_CALLS + sheets + sum(max(near.draw_calls, far.draw_calls) for near, far in models)
    textures = BUILDING_TEXTURES + sheets * SHEET_TEXTURES + sheet.texture_bytes
    textures += sum(far.texture_bytes for _near, far in models)
    # The light level stays in memory while the near one is shown.
    textures += max((near.texture_bytes for near, far in models if near != far), default=0)
    return Cost(EYES * triangles, EYES * calls, textures)


def broken(told: Cost, budget: Frame, exhibits: Sequence[Exhibit]) -> str | None:
    """Which figures break the budget of a device and what is heaviest in them; None where all are kept."""
    said = []
    for name, value in asdict(told).items():
        allowed = getattr(budget, name)
        if value <= allowed:
            continue
        models = [(_weight(name, entry.model.levels), entry.holding.id) for entry in exhibits if entry.model]
        worst = ", ".join(f"{identifier} {figure}" for figure, identifier in sorted(models, reverse=True)[:3])
        said.append(
            f"{value} {name.replace('_', ' ')} where {allowed} are allowed" + (f" (most in {worst})" if worst else "")
        )
    return "; ".join(said) or None


def _weight(figure: str, levels: Sequence[ModelLevel]) -> int:
    """What a model adds to a figure: textures of afar stay in memory, all else counts when it is close."""
    near, far = near_and_far(levels)
    return int(getattr(far if figure == "texture_bytes" else near, figure))


def checked(exhibits: Sequence[Exhibit], budgets: Sequence[Frame], file: str) -> tuple[Cost, Sheet]:
    """What the room costs. Raises RoomTooHeavy for the first device whose budget it breaks."""
    sheet = sheet_for(exhibits, budgets)
    told = cost(exhibits, sheet)
    for budget in budgets:
        if detail := broken(told, budget, exhibits):
            raise RoomTooHeavy(file=file, device=budget.name, detail=detail)
    return told, sheet


def lightened(exhibits: Sequence[Exhibit], budgets: Sequence[Frame]) -> tuple[list[Exhibit], list[Exhibit]]:
    """The exhibits that fit together, from the first on, and those that do not."""
    kept: list[Exhibit] = []
    left: list[Exhibit] = []
    for exhibit in exhibits:
        attempt = [*kept, exhibit]
        told = cost(attempt, sheet_for(attempt, budgets))
        fits = all(broken(told, budget, attempt) is None for budget in budgets)
        (kept if fits else left).append(exhibit)
    return kept, left


def told_of(budgets: Sequence[Frame]) -> list[dict[str, Any]]:
    """The budgets as room.json holds them, for the figures that the viewer shows."""
    return [asdict(budget) for budget in budgets]
