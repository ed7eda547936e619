"""The ladder of levels of detail: full, web, vr and preview, each measured as it is shipped."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from heritage3d.baking.make import BakeEvidence
from heritage3d.deviation import certified
from heritage3d.deviation.certified import Deviation
from heritage3d.deviation.surface import Surface
from heritage3d.errors import BudgetExceeded, DeviationExceeded
from heritage3d.gltf import joining, reading, textures, writing
from heritage3d.gltf.about import About
from heritage3d.gltf.model import Model
from heritage3d.gltf.textures import Format, Role
from heritage3d.gltf.writing import Compression, Encoding
from heritage3d.levels import dressing, thinning
from heritage3d.levels.budgets import Budget
from heritage3d.mesh import shading
from heritage3d.simplification import by_error

MM = 1000.0  # models are in metres, deviations in millimetres
TOLERANCE_MM = 0.002
PREVIEW_BYTES = 200_000
_MOST_BITS = {"meshopt": 16, "none": 16, "draco": 24}
_FLOAT_BITS = 32
_FULL = Role(side=1 << 16, data_side=1 << 16, keep=True)
_WEB = Role(side=4096, data_side=4096)
_PREVIEWS = (Role(512, 256, 80, 80), Role(256, 128, 75, 75), Role(128, 64, 60, 60))
_PREVIEW_TRIANGLES = 20_000
# What the samples of the simplifier may spend of the limit: between them it is crossed by little.
_SHARE = 0.95
_PROOFS = 8  # how often a level that went too far somewhere is made again
# Masters of more than twice as many triangles are brought to these numbers first, one after the other, for as long as
# that costs no more than a share of the limit.
_LARGE, _LOST = (4_000_000, 1_000_000), 0.15

#: "auto": the smaller of draco and meshopt, but meshopt in a headset, where decoding counts.
Packing = Literal["auto", "meshopt", "draco", "none"]
#: "auto": what the device is served best by in vr.glb (levels/devices.yaml), WebP in the others.
Pictures = Literal["auto", "webp", "jpeg", "ktx2"]


@dataclass(frozen=True)
class Level:
    """One file of the ladder with what was measured on its decoded bytes."""

    role: str
    path: Path
    triangles: int
    vertices: int
    bytes: int
    compression: Compression
    position_bits: int
    deviation: Deviation
    model: Model
    surface: Surface  # of its evidence, in millimetres
    baked: BakeEvidence | None = None


@dataclass(frozen=True)
class Stored:
    """A written file, what is read back from it, and the surface of its evidence in millimetres."""

    role: str
    path: Path
    encoding: Encoding
    back: Model
    surface: Surface


@dataclass
class Ladder:
    """Makes the levels of one model, which stands as ``placing`` says, in metres.

    ``limit_mm`` binds full and web; vr keeps the triangles of ``budget``, preview its bytes, and both
    state the deviation that they have. Compared are captured surfaces: what was invented (Model.evidence leaves it
    out) lies where nobody looked. ``name`` is the scan's, for errors.
    """

    model: Model
    folder: Path
    name: str
    limit_mm: float
    budget: Budget
    compression: Packing = "auto"
    pictures: Pictures = "auto"
    copyright: str | None = None
    about: About | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    _measured: dict[bytes, Deviation] = field(default_factory=dict)
    _encoded: textures.Encoded = field(default_factory=dict)
    _source: Model = field(init=False)  # what coarser levels are made from: the last one, with what was baked for it

    def __post_init__(self) -> None:
        positions, faces = self.model.evidence().surface()
        self.master = Surface(positions * MM, faces)
        low, high = self.model.bounds()
        self._source = self.model
        self.side_mm = float((high - low).max()) * MM

    def make(self) -> list[Level]:
        """All files, from the finest to the coarsest. Raises MeshError subclasses, PartMissing."""
        full = self.full()
        full.surface.rest()  # of tens of millions of triangles it would take gigabytes while the others are made
        web = self.web()
        vr = self.vr(web)
        return [full, web, vr, self.preview(web, vr)]

    # --- the four ---------------------------------------------------------------------------------------------

    def full(self) -> Level:
        """Every triangle of the master; a quarter of the deviation may go into rounding positions."""
        stored = self.smallest("full", self.fitted(self.model, _FULL), self.limit_mm / 4)
        level = self.level(stored)
        if level.deviation.upper > self.limit_mm:
            raise DeviationExceeded(
                file=self.name, asked=f"{self.limit_mm:g} mm", reached=f"{level.deviation.upper:.4g} mm"
            )
        return level

    def web(self) -> Level:
        """The fewest triangles found whose certified deviation keeps the limit; all of them where that saves little."""
        rounding = self.limit_mm / 10
        allowed = self.limit_mm - min(
            self.rounding_mm(self.bits(rounding, packing)) for packing in self.packings("web")
        )
        role = self.role(_WEB)
        source, surface, lost = self.coarser(allowed)
        thinner = by_error.ByError(source, surface, MM, allowed - lost, _SHARE)
        for _ in range(_PROOFS):
            thin = thinner.next()
            if thin is None:
                break
            # The shape is proved before anything is baked for it: charts cost more than proofs.
            stored = self.smallest("web", self.fitted(thin, role), rounding)
            verdict = certified.within(self.master, stored.surface, self.limit_mm, TOLERANCE_MM)
            if verdict.deviation is None:
                thinner.forbid(verdict.far)
                continue
            dressed, baked = dressing.dressed(thin, self.model, "web", role.side, self.name)
            if baked is not None:  # charts double vertices, and the codec may store them otherwise
                bare, stored = stored, self.smallest("web", self.fitted(dressed, role), rounding)
                if not bare.surface.same_as(stored.surface):
                    verdict = certified.within(self.master, stored.surface, self.limit_mm, TOLERANCE_MM)
            if verdict.deviation is not None:
                self._source = dressed
                return self.level(stored, verdict.deviation, baked)
            thinner.forbid(verdict.far)
        return self.level(self.smallest("web", self.fitted(self.model, role), self.limit_mm / 4))

    def vr(self, web: Level) -> Level:
        """As many triangles as the device bears; fails where draw calls or bytes go over its budget."""
        side = self.budget.texture_side
        thin, baked = thinning.thinned(self._source, self.model, self.budget.triangles, side, self.name, level=True)
        baked = baked or web.baked
        if baked is None:
            thin, baked = dressing.dressed(thin, self.model, "vr", side, self.name)
            self._source = self._source if baked is None else thin
        if len(writing.merged(thin).primitives) > self.budget.draw_calls:
            thin, _ = joining.joined(thin, self.name, side=side, shrink=True)
        roles = [Role(side, side), Role(side, side // 2, 75, 80), Role(side // 2, side // 2, 75, 80)]
        roles = [self.role(role, self.budget.textures) for role in roles]
        bits = self.bits(self.rounding_mm(web.position_bits), self.packings("vr")[0])
        encoding = Encoding(self.packings("vr")[0], bits)
        for role in roles:
            level = self.level(self.stored("vr", self.fitted(thin, role), encoding), None, baked)
            broken = self.budget.broken_by(level.triangles, len(level.model.primitives), level.bytes)
            if not any("bytes" in entry for entry in broken):
                break
        if broken:
            raise BudgetExceeded(file=self.name, device=self.budget.device, detail="; ".join(broken))
        return level

    def preview(self, web: Level, vr: Level) -> Level:
        """The most triangles that fit into the bytes of a preview together with small textures."""
        wanted = min(_PREVIEW_TRIANGLES, web.triangles)
        packing = self.packings("preview")[0]
        encoding = Encoding(packing, min(12, self.bits(self.rounding_mm(web.position_bits), packing)))
        for role in _PREVIEWS:
            for _ in range(4):
                thin, baked = self.thinned(wanted, role.side)
                baked = baked or vr.baked
                dressed = self.fitted(thin, role)
                size = len(self.packed(dressed, encoding, "preview"))
                if size <= PREVIEW_BYTES:
                    return self.level(self.stored("preview", dressed, encoding), None, baked)
                images = sum(len(entry.data) for entry in dressed.textures)
                room = PREVIEW_BYTES * 0.97 - images
                if room < PREVIEW_BYTES / 4 or thin.triangles > wanted * 1.5:
                    break  # the textures leave too little: take smaller ones
                wanted = int(wanted * min(0.9, room / max(size - images, 1)))
        return self.level(self.stored("preview", dressed, encoding), None, baked)

    # --- parts ------------------------------------------------------------------------------------------------

    def packings(self, role: str) -> tuple[Compression, ...]:
        """The codecs that a file may be stored with."""
        if self.compression != "auto":
            return (self.compression,)
        return ("meshopt",) if role == "vr" else ("draco", "meshopt")

    def role(self, role: Role, best: Format = "webp") -> Role:
        """The role with the format of pictures that was asked for, or else the best one."""
        return replace(role, format=best if self.pictures == "auto" else self.pictures)

    def coarser(self, allowed: float) -> tuple[Model, Surface, float]:
        """What a level may be made from instead of a large master: with its surface, and how far that is from the
        master's at most. What keeps the rest of the limit from it keeps the limit from the master."""
        best = self.model, self.master, 0.0
        for triangles in _LARGE:
            if best[0].triangles <= 2 * triangles:
                continue
            thin = by_error.to_number(best[0], triangles)
            positions, faces = thin.evidence().surface()
            surface = Surface(positions * MM, faces, self.master.centre)
            verdict = certified.within(self.master, surface, _LOST * allowed, allowed / 50)
            if verdict.deviation is None:
                break
            best = thin, surface, verdict.deviation.upper
        return best

    def thinned(self, triangles: int, side: int) -> tuple[Model, BakeEvidence | None]:
        """A coarser level of what the last one was made from."""
        return thinning.thinned(self._source, self.model, triangles, side, self.name)

    def fitted(self, model: Model, role: Role) -> Model:
        """The model with its textures as the role wants them; levels are tried often, their textures stay."""
        return textures.fitted(model, role, self.name, self._encoded)

    def rounding_mm(self, bits: int) -> float:
        """No vertex moves farther than this when positions are rounded to that many bits."""
        if bits >= _FLOAT_BITS:
            return self.side_mm * 2.0**-24 * math.sqrt(3.0)
        return float(self.side_mm / (2**bits - 1) * math.sqrt(3.0) / 2)

    def bits(self, allowance_mm: float, packing: Compression) -> int:
        """The fewest bits whose rounding keeps the allowance, 32 (floats) where none of the codec's does."""
        for bits in range(10, _MOST_BITS[packing] + 1):
            if self.rounding_mm(bits) <= allowance_mm:
                return bits
        return _FLOAT_BITS if packing != "draco" else _MOST_BITS["draco"]

    def packed(self, model: Model, encoding: Encoding, role: str) -> bytes:
        """The bytes of a file."""
        return writing.write(
            shading.shaded(model),
            encoding,
            copyright=self.copyright,
            extras={**self.extras, "role": role},
            about=self.about,
        )

    def smallest(self, role: str, model: Model, allowance_mm: float) -> Stored:
        """The file in that of the codecs which makes it smallest, with as many bits as the allowance needs."""
        encodings = [Encoding(packing, self.bits(allowance_mm, packing)) for packing in self.packings(role)]
        model = shading.shaded(model)  # once, not for every codec
        made = [(len(data := self.packed(model, encoding, role)), at, data) for at, encoding in enumerate(encodings)]
        _, best, data = min(made, key=lambda entry: entry[:2])
        return self._kept(role, encodings[best], data)

    def stored(self, role: str, model: Model, encoding: Encoding) -> Stored:
        """The file in one codec."""
        return self._kept(role, encoding, self.packed(model, encoding, role))

    def _kept(self, role: str, encoding: Encoding, data: bytes) -> Stored:
        path = self.folder / f"{role}.glb"
        path.write_bytes(data)
        back = reading.read(path)
        positions, faces = back.evidence().surface()
        return Stored(role, path, encoding, back, Surface(positions * MM, faces, self.master.centre))

    def level(self, stored: Stored, proved: Deviation | None = None, baked: BakeEvidence | None = None) -> Level:
        """A stored file with its certified deviation, which may be known already.

        Levels of one geometry that differ in their textures only are measured once.
        """
        surface, back = stored.surface, stored.back
        key = hashlib.sha256(surface.positions.tobytes() + surface.faces.tobytes()).digest()
        measured = proved or self._measured.get(key)
        if measured is None:
            measured = certified.certified(self.master, surface, TOLERANCE_MM)
        self._measured[key] = measured
        figures = (back.triangles, back.vertices, stored.path.stat().st_size)
        encoding = stored.encoding
        return Level(
            stored.role,
            stored.path,
            *figures,
            encoding.compression,
            encoding.position_bits,
            measured,
            back,
            surface,
            baked,
        )
