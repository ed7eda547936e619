"""The ladder of levels of detail: full, web, vr and preview, each measured as it is shipped."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from heritage3d.deviation import certified
from heritage3d.deviation.certified import Deviation
from heritage3d.deviation.surface import Surface
from heritage3d.errors import BudgetExceeded, DeviationExceeded
from heritage3d.gltf import reading, textures, writing
from heritage3d.gltf.model import Model
from heritage3d.gltf.textures import Role
from heritage3d.gltf.writing import Compression, Encoding
from heritage3d.levels.budgets import Budget
from heritage3d.mesh import shading
from heritage3d.simplification import by_error, open3d_quadrics

MM = 1000.0  # models are in metres, deviations in millimetres
TOLERANCE_MM = 0.002
PREVIEW_BYTES = 200_000
_MOST_BITS = {"meshopt": 16, "none": 16, "draco": 24}
_FLOAT_BITS = 32
_FULL = Role(side=1 << 16, data_side=1 << 16, keep=True)
_WEB = Role(side=4096, data_side=4096)
_PREVIEWS = (Role(512, 256, 80, 80), Role(256, 128, 75, 75), Role(128, 64, 60, 60))
_PREVIEW_TRIANGLES = 20_000
# Shares of the deviation that the simplifier's own (unbounded) estimate may spend, and how often it is corrected.
_ESTIMATES = (0.75, 0.5)
_PROOFS = 4


@dataclass(frozen=True)
class Level:
    """One file of the ladder with what was measured on its decoded bytes."""

    role: str
    path: Path
    triangles: int
    vertices: int
    bytes: int
    position_bits: int
    deviation: Deviation
    model: Model


@dataclass
class Ladder:
    """Makes the levels of one model, which stands as ``placing`` says, in metres.

    ``limit_mm`` binds full and web; vr keeps the triangles of ``budget``, preview its bytes, and both
    state the deviation that they have. ``name`` is the scan's, for errors.
    """

    model: Model
    folder: Path
    name: str
    limit_mm: float
    budget: Budget
    compression: Compression
    copyright: str | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    _measured: dict[bytes, Deviation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        positions, faces = self.model.surface()
        self.master = Surface(positions * MM, faces)
        low, high = self.model.bounds()
        self.side_mm = float((high - low).max()) * MM

    def make(self) -> list[Level]:
        """All files, from the finest to the coarsest. Raises MeshError subclasses, PartMissing."""
        full = self.full()
        web = self.web(full)
        return [full, web, self.vr(web), self.preview(web)]

    # --- the four ---------------------------------------------------------------------------------------------

    def full(self) -> Level:
        """Every triangle of the master; a quarter of the deviation may go into rounding positions."""
        bits = self.bits(self.limit_mm / 4)
        level = self.written("full", textures.fitted(self.model, _FULL, self.name), bits)
        if level.deviation.upper > self.limit_mm:
            raise DeviationExceeded(
                file=self.name, asked=f"{self.limit_mm:g} mm", reached=f"{level.deviation.upper:.4g} mm"
            )
        return level

    def web(self, full: Level) -> Level:
        """The fewest triangles found whose certified deviation keeps the limit; full's where that saves little."""
        dressed = textures.fitted(self.model, _WEB, self.name)
        bits = self.bits(self.limit_mm / 10)
        allowed = self.limit_mm - self.rounding_mm(bits)
        for share in _ESTIMATES:
            thinner = by_error.ByError(self.model, self.master, MM, allowed, share)
            for _ in range(_PROOFS):
                thin = thinner.next()
                if thin is None:
                    break
                path, back, surface = self.stored("web", replace(dressed, primitives=thin.primitives), bits)
                far = [certified.beyond(one, other, self.limit_mm) for one, other in self.ways(surface)]
                if not any(len(points) for points in far):
                    return self.level("web", path, back, surface, bits, proved=self.limit_mm)
                thinner.forbid(np.concatenate(far))
        return self.written("web", dressed, full.position_bits)

    def ways(self, surface: Surface) -> tuple[tuple[Surface, Surface], tuple[Surface, Surface]]:
        """Both directions of a comparison with the master."""
        return (self.master, surface), (surface, self.master)

    def vr(self, web: Level) -> Level:
        """As many triangles as the device bears; fails where draw calls or bytes go over its budget."""
        thin = self.thinned(web, self.budget.triangles)
        side = self.budget.texture_side
        for role in (Role(side, side), Role(side, side // 2, 75, 80), Role(side // 2, side // 2, 75, 80)):
            level = self.written("vr", textures.fitted(thin, role, self.name), web.position_bits)
            broken = self.budget.broken_by(level.triangles, len(level.model.primitives), level.bytes)
            if not any("bytes" in entry for entry in broken):
                break
        if broken:
            raise BudgetExceeded(file=self.name, device=self.budget.device, detail="; ".join(broken))
        return level

    def preview(self, web: Level) -> Level:
        """The most triangles that fit into the bytes of a preview together with small textures."""
        wanted = min(_PREVIEW_TRIANGLES, web.triangles)
        bits = min(12, web.position_bits)
        for role in _PREVIEWS:
            for _ in range(4):
                thin = self.thinned(web, wanted)
                dressed = textures.fitted(thin, role, self.name)
                size = len(self.packed(dressed, bits, "preview"))
                if size <= PREVIEW_BYTES:
                    return self.written("preview", dressed, bits)
                images = sum(len(entry.data) for entry in dressed.textures)
                room = PREVIEW_BYTES * 0.97 - images
                if room < PREVIEW_BYTES / 4 or thin.triangles > wanted * 1.5:
                    break  # the textures leave too little: take smaller ones
                wanted = int(wanted * min(0.9, room / max(size - images, 1)))
        return self.written("preview", dressed, bits)

    # --- parts ------------------------------------------------------------------------------------------------

    def thinned(self, web: Level, triangles: int) -> Model:
        """The master's textures on at most ``triangles`` triangles, made from the web level."""
        if web.triangles <= triangles:
            return replace(self.model, primitives=web.model.primitives)
        source = replace(self.model, primitives=web.model.primitives)
        candidates = [by_error.to_number(source, triangles)]
        if open3d_quadrics.fits(source):
            candidates.append(open3d_quadrics.to_number(source, triangles))
        fitting = [entry for entry in candidates if entry.triangles <= triangles] or candidates
        return min(fitting, key=self.rough) if len(fitting) > 1 else fitting[0]

    def rough(self, model: Model) -> float:
        """The greatest sampled distance, to choose among candidates only; never reported."""
        positions, faces = model.surface()
        surface = Surface(positions * MM, faces, self.master.centre)
        there = surface.nearest(certified.spread(self.master, 50_000)).distance
        back = self.master.nearest(certified.spread(surface, 50_000)).distance
        return max(float(there.max()), float(back.max()))

    def rounding_mm(self, bits: int) -> float:
        """No vertex moves farther than this when positions are rounded to that many bits."""
        if bits >= _FLOAT_BITS:
            return self.side_mm * 2.0**-24 * math.sqrt(3.0)
        return float(self.side_mm / (2**bits - 1) * math.sqrt(3.0) / 2)

    def bits(self, allowance_mm: float) -> int:
        """The fewest bits whose rounding keeps the allowance, 32 (floats) where none of the codec's does."""
        for bits in range(10, _MOST_BITS[self.compression] + 1):
            if self.rounding_mm(bits) <= allowance_mm:
                return bits
        return _FLOAT_BITS if self.compression != "draco" else _MOST_BITS["draco"]

    def packed(self, model: Model, bits: int, role: str) -> bytes:
        """The bytes of a file."""
        encoding = Encoding(self.compression, bits)
        return writing.write(
            shading.shaded(model), encoding, copyright=self.copyright, extras={**self.extras, "role": role}
        )

    def written(self, role: str, model: Model, bits: int) -> Level:
        """Write a file, read it back, and measure what was read."""
        return self.level(role, *self.stored(role, model, bits), bits)

    def stored(self, role: str, model: Model, bits: int) -> tuple[Path, Model, Surface]:
        """A written file, what is read back from it, and its surface in millimetres."""
        path = self.folder / f"{role}.glb"
        path.write_bytes(self.packed(model, bits, role))
        back = reading.read(path)
        positions, faces = back.surface()
        return path, back, Surface(positions * MM, faces, self.master.centre)

    def level(
        self, role: str, path: Path, back: Model, surface: Surface, bits: int, proved: float | None = None
    ) -> Level:
        """The certified deviation of a stored file; ``proved`` is a bound that is known to hold.

        Levels of one geometry that differ in their textures only are measured once.
        """
        key = hashlib.sha256(surface.positions.tobytes() + surface.faces.tobytes()).digest()
        measured = self._measured.get(key)
        if measured is None:
            measured = self._measured[key] = certified.certified(self.master, surface, TOLERANCE_MM)
        if proved is not None:
            measured = measured.at_most(proved)
        return Level(role, path, back.triangles, back.vertices, path.stat().st_size, bits, measured, back)
