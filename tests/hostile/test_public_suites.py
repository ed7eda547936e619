"""Every file of the public suites of images, models and point clouds as an object of one run (`make soak`).

`make test` reads the same suites file by file, in tests/image, tests/gltf and tests/mesh.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.hostile import batch
from tests.longform import long_form

TEXTS = {".md", ".txt", ".json", ".rst", ".dart", ".js", ".xml", ".bin"}  # what describes a suite, or lies beside
HEAVY = 60_000_000  # bytes; none is so large today


def files_of(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() not in TEXTS)
    return [path for path in sorted(found) if path.stat().st_size < HEAVY]


@long_form
@pytest.mark.parametrize("suite", ["images", "gltf", "pointclouds"])
@pytest.mark.timeout(7200)
def test_no_file_of_a_public_suite_breaks_a_run(suite: str, data: Path, tmp_path: Path) -> None:
    files = files_of(data / suite)
    for number, file in enumerate(files):
        home = tmp_path / "captures" / f"o-{number:04}"
        home.mkdir(parents=True)
        shutil.copyfile(file, home / file.name)
    batch.sheet(tmp_path / "captures", [f"o-{number:04}" for number in range(len(files))])
    ran = batch.run(tmp_path, tmp_path / "captures")
    assert ran.faults == [], ran.said[-3000:]
    assert len(ran.fates) == len(files)
    silent = [name for name, fate in ran.fates.items() if not fate.published and not fate.codes]
    assert silent == []
    states = Counter(fate.state for fate in ran.fates.values())
    codes = Counter(code for fate in ran.fates.values() for code in fate.codes)
    slow = {files[int(name[2:])].name: round(fate.seconds) for name, fate in ran.fates.items() if fate.seconds > 10}
    print(f"{suite}: {len(files)} files, {dict(states)}, {len(codes)} codes, over 10 s: {slow}")
    print(" ".join(f"{code} x{count}" for code, count in sorted(codes.items())))
