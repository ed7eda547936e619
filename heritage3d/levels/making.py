"""From a scan to its levels of detail on disk, each judged by the Khronos validator, with what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np

from heritage3d import __version__
from heritage3d.baking.compare import Portraits
from heritage3d.baking.make import BakeEvidence
from heritage3d.deviation import appearance
from heritage3d.deviation.appearance import Looks, Spread
from heritage3d.deviation.surface import Surface
from heritage3d.errors import GltfInvalid
from heritage3d.gltf import checking, khronos
from heritage3d.gltf.about import About
from heritage3d.gltf.model import Model
from heritage3d.levels import budgets, poster
from heritage3d.levels.ladder import Ladder, Level, Packing, Pictures
from heritage3d.mesh import lengths, placing, reading
from heritage3d.mesh.lengths import Unit
from heritage3d.mesh.placing import Axis, Place
from heritage3d.pipeline.digests import sha256_of
from heritage3d.repair import repairing

POSTER_QUALITY = 88
_MM = 1000.0


@dataclass(frozen=True)
class Asked:
    """What is asked of the levels: lengths as people write them, and what the files say of the object."""

    max_deviation: str = "0.1mm"
    debris: str = "1%"
    holes: str = "3%"
    unit: Unit | None = None
    up: Axis = "y"
    device: str = "quest3"
    compression: Packing = "auto"
    textures: Pictures = "auto"
    copyright: str | None = None
    title: Mapping[str, str] = field(default_factory=dict)
    identifier: str | None = None


def make(scan: Path, dest: Path, asked: Asked) -> dict[str, Any]:
    """Write preview, web, vr and full.glb and poster.jpg to ``dest``; the figures as evidence.json states them.

    Raises MeshError subclasses, CaptureUnreadable, LengthInvalid, DeviceUnknown and PartMissing.
    """
    budget = budgets.budget(asked.device)
    bound = lengths.deviation(asked.max_deviation)
    scanned = reading.read(scan)
    master = {"format": scanned.format, "triangles": scanned.triangles, "vertices": scanned.vertices}
    left_out = scanned.notes
    sound, repairs, place = _placed(scanned, scan.name, asked)
    model = sound.transformed(place.matrix)
    del scanned, sound  # of tens of millions of triangles each takes a gigabyte
    low, high = model.bounds()
    diagonal = float(np.linalg.norm(high - low)) * _MM
    limit = bound.of(diagonal, place.known)
    about = About(
        title=asked.title,
        identifier=asked.identifier,
        rights=asked.copyright,
        master_sha256=sha256_of(scan),
        master_file=scan.name,
        tool=f"heritage3d {__version__}",
    )
    ladder = Ladder(model, dest, scan.name, limit, budget, asked.compression, asked.textures, asked.copyright, about)
    made = ladder.make()
    _judge(made, scan.name)
    _write_poster(made[1], scan.name, dest / "poster.jpg")
    looked = _looked(made, model, ladder.master, scan.name)
    return {
        "scale": "known" if place.known else "unknown",
        "unit": place.unit,
        "unit_source": place.source,
        "extent_mm": [_rounded(value * _MM) for value in high - low] if place.known else None,
        "max_deviation_mm": _rounded(limit) if place.known else None,
        "max_deviation_relative": _rounded(limit / diagonal),
        "device": asked.device,
        "master_to_file": place.matrix.tolist(),
        "master": {
            **master,
            "repaired": {name: _rounded(value) for name, value in repairs.items()},
            "left_out": left_out,
        },
        "files": [_told(level, place, diagonal, looked[level.role]) for level in reversed(made)],
    }


def _placed(scanned: Model, name: str, asked: Asked) -> tuple[Model, dict[str, float], Place]:
    """The repaired scan, what was done to it with areas in square millimetres (or shares of the squared diagonal
    where the scale is unknown), and where it stands."""
    place = placing.place(scanned, asked.unit, asked.up)
    low, high = scanned.bounds()
    scale = float(np.linalg.norm(place.matrix[:3, 0])) * _MM  # millimetres in a unit of the scan
    diagonal = float(np.linalg.norm(high - low)) * scale
    shares = {
        name: lengths.size(text, name).of(diagonal, place.known) / diagonal
        for name, text in (("debris", asked.debris), ("holes", asked.holes))
    }
    sound, counts = repairing.repaired(scanned, name, **shares)
    square = scale**2 if place.known else (scale / diagonal) ** 2
    told = dict(cast("Mapping[str, float]", counts))
    told |= {key: value * square for key, value in told.items() if key.endswith("_area")}
    # What was cut away may have been the outermost: the place is that of what is left.
    return sound, told, placing.place(sound, asked.unit, asked.up)


def _looked(made: list[Level], master: Model, surface: Surface, name: str) -> dict[str, dict[str, Any]]:
    """How each level looks beside the master: its normals, its colours, and pictures from all sides."""
    ours = Looks(master.evidence(), surface, name)
    portraits = Portraits(master, name)
    told: dict[str, dict[str, Any]] = {}
    for level in made:
        theirs = Looks(level.model.evidence(), level.surface, name)
        colours = appearance.of_colours(ours, theirs)
        told[level.role] = {
            "normals_deg": _spread(appearance.of_normals(ours, theirs)),
            "colour_de2000": None if colours is None else _spread(colours),
            # The full level is the master; its colours and normals above tell what encoding cost.
            "likeness": None if level.role == "full" else asdict(portraits.likeness(level.model)),
        }
    return told


def _spread(found: Spread) -> dict[str, float]:
    return {"rms": _rounded(found.rms), "p95": _rounded(found.p95), "samples": found.samples}


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


def _told(level: Level, place: Place, diagonal: float, looked: dict[str, Any]) -> dict[str, Any]:
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
        "draw_calls": len(level.model.primitives),
        "compression": level.compression,
        "position_bits": level.position_bits,
        "deviation_mm": bounds if place.known else None,
        "deviation_relative": share,
        "rms_mm": _rounded(deviation.rms) if place.known else None,
        "rms_relative": _rounded(deviation.rms / diagonal),
        **looked,
        "baked": None if level.baked is None else _baked(level.baked, place),
    }


def _baked(baked: BakeEvidence, place: Place) -> dict[str, Any]:
    """What was baked; the density is known where the scale is."""
    return {
        "maps": list(baked.baked),
        "kept": list(baked.kept),
        "side": baked.side,
        "unwrapped": baked.unwrapped,
        "charts": baked.charts,
        "texels_per_mm": _rounded(baked.texels_per_unit / _MM) if place.known else None,
        "least_texels_per_mm": _rounded(baked.least_texels_per_unit / _MM) if place.known else None,
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
