"""What a device can show: triangles, draw calls, texture sides and bytes of one model, from devices.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from heritage3d.errors import DeviceUnknown

_FILE = Path(__file__).with_name("devices.yaml")


@dataclass(frozen=True)
class Budget:
    """The budget of one device; ``basis`` says whether a source states it ("source") or we assume it.

    ``textures`` is the format that serves it best: KTX2 where the memory of graphics is what runs out, WebP where
    bytes on the line do.
    """

    device: str
    triangles: int
    draw_calls: int
    texture_side: int
    bytes: int
    textures: Literal["ktx2", "webp"]
    basis: str
    source: str

    def broken_by(self, triangles: int, draw_calls: int, size: int) -> list[str]:
        """By how much a file breaks the budget, one phrase for each figure; [] where it keeps it."""
        figures = (("triangles", triangles), ("draw_calls", draw_calls), ("bytes", size))
        return [
            f"{value} {name.replace('_', ' ')}, {value - getattr(self, name)} over the {getattr(self, name)} allowed"
            for name, value in figures
            if value > getattr(self, name)
        ]


def budget(device: str) -> Budget:
    """The budget of a device by its name in devices.yaml. Raises DeviceUnknown."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text("utf-8"))
    if device not in entries:
        raise DeviceUnknown(value=device, known=", ".join(entries))
    return Budget(device=device, **entries[device])


def devices() -> list[str]:
    """The devices that have a budget."""
    return list(yaml.safe_load(_FILE.read_text("utf-8")))
