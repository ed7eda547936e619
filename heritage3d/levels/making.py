"""From a scan to its levels of detail on disk, each judged by the Khronos validator, with what was measured."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import numpy as np

from heritage3d.errors import GltfInvalid
from heritage3d.gltf import checking, khronos
from heritage3d.gltf.writing import Compression
from heritage3d.levels import budgets, poster
from heritage3d.levels.ladder import Ladder, Level
from heritage3d.mesh import lengths, placing, reading
from heritage3d.mesh.lengths import Unit
from heritage3d.mesh.placing import Axis, Place
from heritage3d.repair import repairing

POSTER_QUALITY = 88
_MM = 1000.0


def make(
    scan: Path,
    dest: Path,
    *,
    max_deviation: str,
    unit: Unit | None,
    up: Axis,
    device: str,
    compression: Compression,
    copyright: str | None,
) -> dict[str, Any]:
    """Write preview, web, vr and full.glb and poster.jpg to ``dest``; the figures as evidence.json states them.

    Raises MeshError subclasses, CaptureUnreadable, LengthInvalid, DeviceUnknown and PartMissing.
    """
    budget = budgets.budget(device)
    asked = lengths.deviation(max_deviation)
    scanned = reading.read(scan)
    sound, repairs = repairing.repaired(scanned, scan.name)
    place = placing.place(sound, unit, up)
    model = sound.transformed(place.matrix)
    low, high = model.bounds()
    diagonal = float(np.linalg.norm(high - low)) * _MM
    limit = asked.of(diagonal, place.known)
    ladder = Ladder(model, dest, scan.name, limit, budget, compression, copyright)
    made = ladder.make()
    _judge(made, scan.name)
    _write_poster(made[1], scan.name, dest / "poster.jpg")
    return {
        "scale": "known" if place.known else "unknown",
        "unit": place.unit,
        "unit_source": place.source,
        "extent_mm": [_rounded(value * _MM) for value in high - low] if place.known else None,
        "max_deviation_mm": _rounded(limit) if place.known else None,
        "max_deviation_relative": _rounded(limit / diagonal),
        "device": device,
        "master_to_file": place.matrix.tolist(),
        "master": {
            "format": scanned.format,
            "triangles": scanned.triangles,
            "vertices": scanned.vertices,
            "repaired": repairs,
            "left_out": scanned.notes,
        },
        "files": [_told(level, place, diagonal, compression) for level in reversed(made)],
    }


def _judge(made: list[Level], name: str) -> None:
    """What leaves is valid glTF, said by the Khronos validator where Node is installed. Raises GltfInvalid."""
    for level, report in zip(made, khronos.validate_all([level.path for level in made]), strict=True):
        faults = [] if report is None else checking.findings_of(report)
        wrong = next((entry for entry in faults if entry.severity == "error"), None)
        if wrong is not None:
            raise GltfInvalid(file=name, detail=f"{level.path.name}: {wrong.what}")


def _write_poster(level: Level, name: str, path: Path) -> None:
    from heritage3d.image.vips import pyvips

    image = pyvips.Image.new_from_array(poster.draw(level.model, name)).copy(interpretation="srgb")
    path.write_bytes(image.jpegsave_buffer(Q=POSTER_QUALITY, keep="none", optimize_coding=True))


def _told(level: Level, place: Place, diagonal: float, compression: Compression) -> dict[str, Any]:
    deviation = level.deviation
    bounds = {"lower": _rounded(deviation.lower, down=True), "upper": _rounded(deviation.upper, up=True)}
    share = {
        "lower": _rounded(deviation.lower / diagonal, down=True),
        "upper": _rounded(deviation.upper / diagonal, up=True),
    }
    return {
        "file": level.path.name,
        "role": level.role,
        "triangles": level.triangles,
        "vertices": level.vertices,
        "bytes": level.bytes,
        "compression": compression,
        "position_bits": level.position_bits,
        "deviation_mm": bounds if place.known else None,
        "deviation_relative": share,
        "rms_mm": _rounded(deviation.rms) if place.known else None,
        "rms_relative": _rounded(deviation.rms / diagonal),
    }


def _rounded(value: float, *, up: bool = False, down: bool = False) -> float:
    """Six digits, enough for any reader; a bound is rounded to the side on which it stays true."""
    exact = Decimal(value)
    if not exact:
        return 0.0
    last = Decimal(1).scaleb(exact.adjusted() - 5)
    nearest = float(exact.quantize(last, rounding=ROUND_HALF_EVEN))
    if (up and nearest < value) or (down and nearest > value):
        return float(exact.quantize(last, rounding=ROUND_CEILING if up else ROUND_FLOOR))
    return nearest
