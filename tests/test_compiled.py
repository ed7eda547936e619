"""Workers that need the same loop at the same moment: one compiles, the others load what it kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LOOP = """
import sys
import numpy as np
from heritage3d.compiled import compiled

@compiled
def inner(row):
    total = 0.0
    for value in row:
        total += value * value
    return total

@compiled
def outer(table):
    total = 0.0
    for at in range(table.shape[0]):
        total += inner(table[at])
    return total

def told():
    answer = outer(np.ones((4, 5)))
    print(answer, *(sum(made.stats.cache_misses.values()) for made in (outer, inner)))
"""


def _processes(folder: Path, count: int, **settings: str) -> list[list[str]]:
    (folder / "loop.py").write_text(LOOP, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]), **settings}
    running = [
        subprocess.Popen([sys.executable, "-c", "import loop; loop.told()"], env=environment, stdout=subprocess.PIPE)
        for _ in range(count)
    ]
    return [process.communicate(timeout=300)[0].decode().split() for process in running]


def test_one_process_compiles_and_the_others_load(tmp_path: Path) -> None:
    told = _processes(tmp_path, 4, NUMBA_CACHE_DIR=str(tmp_path / "kept"))
    assert [answer for answer, *_ in told] == ["20.0"] * 4
    assert sorted(int(outer) for _, outer, _ in told) == [0, 0, 0, 1], told
    assert sum(int(inner) for *_, inner in told) == 1, told


def test_without_a_place_for_locks_each_process_compiles_for_itself(tmp_path: Path) -> None:
    (kept := tmp_path / "kept").mkdir()
    _processes(tmp_path, 1, NUMBA_CACHE_DIR=str(kept))
    for lock in kept.rglob(".*.lock"):
        lock.unlink()
        lock.mkdir()
    told = _processes(tmp_path, 2, NUMBA_CACHE_DIR=str(kept))
    assert [answer for answer, *_ in told] == ["20.0"] * 2
