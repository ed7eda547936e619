"""A captures folder made of real data: good objects, and two that are broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import tifffile

GOOD = ["nefertiti", "oracle-bones", "pelerinage", "reference", "whale"]
SHEET = (
    "id,title\nwhale,Whale cranium\nnefertiti,\npelerinage,\nreference,\noracle-bones,Oracle bones\n"
    "broken-scan,\nbroken-mesh,\n"
)


def make(data: Path, folder: Path) -> None:
    """Two meshes, two manuscript pages, three photographs, a TIFF and a GLB that end in the middle."""
    whale = data / "scans/smithsonian-smk-glb/assets/whale/whale_cranium.glb"
    sources = {
        "whale": [whale],
        "nefertiti": [data / "scans/nefertiti-skull/nefertiti/nefertiti-lowres.obj"],
        "pelerinage": sorted((data / "pages/pelerinage").rglob("*.jp*g")),
        "reference": sorted((data / "images/iiif-validator-reference").glob("*.png")),
        "oracle-bones": sorted((data / "photos/oracle-bones").glob("*.jpg")),
    }
    for name, paths in sources.items():
        (folder / name).mkdir(parents=True)
        for path in paths:
            shutil.copyfile(path, folder / name / path.name)
    (folder / "broken-scan").mkdir()
    picture = np.random.default_rng(1).integers(0, 255, (1200, 900, 3), dtype=np.uint8)
    tifffile.imwrite(folder / "broken-scan/page-1.tif", picture, photometric="rgb")
    _cut(folder / "broken-scan/page-1.tif")
    (folder / "broken-mesh").mkdir()
    shutil.copyfile(whale, folder / "broken-mesh/skull.glb")
    _cut(folder / "broken-mesh/skull.glb")
    (folder / "objects.csv").write_text(SHEET, "utf-8")


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
