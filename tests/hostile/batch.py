"""Strange captures as the objects of one run of the real command, and what became of each of them."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What may never become of a file, whatever is in it: a fault of ours, a crash, a hang, a job killed.
OURS = {"H3D-700", "H3D-701", "H3D-702", "H3D-703", "H3D-910"}
SECONDS = 10.0
WORKFLOW = """\
workflow: strange-captures
version: 1
steps:
  captures: {stage: ingest}
  pages: {stage: tile, from: captures, measure: true}
  models: {stage: optimize, from: captures}
  manifest: {stage: manifest, from: [captures, pages, models]}
"""


@dataclass
class Fate:
    """What became of one object: its state, the codes that name its faults, its pictures and models by digest."""

    state: str
    codes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    content: dict[str, str] = field(default_factory=dict)

    @property
    def published(self) -> bool:
        return self.state == "published"


@dataclass
class Run:
    """How the command ended, what it said, and the fate of every object."""

    status: int
    said: str
    fates: dict[str, Fate]

    @property
    def faults(self) -> list[str]:
        """What no input may cause."""
        told = [f"{name}: {code}" for name, fate in self.fates.items() for code in fate.codes if code in OURS]
        told += [f"exit status {self.status}"] if self.status not in {0, 1} else []
        return told + (["a traceback"] if "Traceback" in self.said else [])


def sheet(captures: Path, ids: Iterable[str]) -> None:
    """The sheet of these objects."""
    captures.mkdir(parents=True, exist_ok=True)
    with (captures / "objects.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "title"], *([name, "strange"] for name in ids)])


def run(folder: Path, captures: Path, *more: str, out: str = "out", workers: int = 2, workflow: str = WORKFLOW) -> Run:
    """`heritage3d run` in a process of its own, below ``folder``."""
    (folder / "w.yaml").write_text(workflow, "utf-8")
    place = folder / out
    command = [sys.executable, "-m", "tests.command", "run", str(folder / "w.yaml"), str(captures), "--out", str(place)]
    done = subprocess.run(
        [*command, "--workers", str(workers), *more],
        cwd=ROOT,
        env={**os.environ, "H3D_LANG": "en", "H3D_MAX_JOB_SECONDS": "300", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=7200,
        check=False,
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    return Run(done.returncode, said, fates(place))


def fates(out: Path) -> dict[str, Fate]:
    """What the ledger and the tree of an output say of every object."""
    if not (out / ".heritage3d" / "ledger.sqlite").exists():
        return {}
    with sqlite3.connect(out / ".heritage3d" / "ledger.sqlite") as ledger:
        rows = ledger.execute("SELECT id, state, seconds, errors FROM object").fetchall()
    published = {path.name for path in (out / "objects").glob("*")}
    return {
        name: Fate(
            "published" if state == "unchanged" else state,
            [entry["code"] for entry in json.loads(errors)],
            seconds,
            _content(out, name) if name in published else {},
        )
        for name, state, seconds, errors in rows
    }


def _content(out: Path, name: str) -> dict[str, str]:
    """Digests of the tiles and models of an object, which hold no id of it."""
    home = out / "objects" / name
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(_nameless(path)).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.suffix in {".jpg", ".glb"} and path.name not in {"thumbnail.jpg", "poster.jpg"}
    }


def _nameless(path: Path) -> bytes:
    """The pixels of a tile; the geometry of a GLB without its JSON chunk, which names object and capture."""
    content = path.read_bytes()
    return content[20 + struct.unpack_from("<I", content, 12)[0] :] if path.suffix == ".glb" else content
