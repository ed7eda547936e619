"""The same captures give the same bytes: on 1, 2 and 8 workers, in any folder, in any order of listing.

Every artefact of every stage is compared by its digest, and the published tree byte by byte. The short form has
page scans; H3D_CORPUS=all adds scrolls, meshes and the way from photographs to a painted model (`make soak`).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from heritage3d.pipeline.stage import stages
from tests.hostile import corpus, every_stage
from tests.image.pictures import noise
from tests.longform import LONG
from tests.photogrammetry import cards
from tests.stitching import drawn

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Way:
    """How a run differs from the others."""

    folder: str
    workers: int
    threads: int
    shuffle: str = ""  # the seed of the order of listings


WAYS = (Way("one", 1, 1), Way("an-other/两个", 2, 2, "2"), Way("eight", 8, 8, "8"))


def pages(captures: Path) -> None:
    for name, count in (("codex", 2), ("album", 1)):
        home = captures / name / "pages"
        home.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(noise(300 + 40 * number, 220, seed=number)).save(home / f"{number + 8}.png")
    (captures / "objects.csv").write_text("id,title\ncodex,Codex\nalbum,Album\n", "utf-8")


def scroll(captures: Path) -> None:
    whole = drawn.silk(1160, 620)
    drawn.written(captures / "scroll" / "pages", [whole[:, :700], whole[:, 460:]])
    (captures / "objects.csv").write_text("id,title\nscroll,Scroll\n", "utf-8")


def meshes(captures: Path) -> None:
    forms = corpus.formats(captures.parent)
    for form in ("ply", "glb"):
        (captures / form).mkdir(parents=True)
        (captures / form / forms[form][0]).write_bytes(forms[form][1])
    (captures / "objects.csv").write_text("id,title,unit\nply,Relief,mm\nglb,Relief,\n", "utf-8")


def photographs(captures: Path) -> None:
    cards.write(captures / "cards" / "photos", cards.take(9))
    (captures / "cards" / "scale.yaml").write_text(
        "markers: {dictionary: 4X4_50, size_mm: 18}\ndistances:\n  - {from: 0, to: 1, mm: 120}\n", "utf-8"
    )
    (captures / "objects.csv").write_text("id,title\ncards,Cards\n", "utf-8")


SETS = {
    "pages": (pages, every_stage.PAGES),
    "scroll": (scroll, every_stage.PARTS_AND_MODELS),
    "meshes": (meshes, every_stage.PARTS_AND_MODELS),
    "photographs": (photographs, every_stage.PHOTOGRAPHS),
}


def digests(out: Path) -> dict[tuple[str, ...], str]:
    """(object, step, slot, part) -> digest of everything that the stages made."""
    with sqlite3.connect(out / ".heritage3d" / "ledger.sqlite") as ledger:
        rows = ledger.execute("SELECT object, step, slot, CAST(part AS TEXT), kind, name, digest FROM artefact")
        return {tuple(row[:6]): row[6] for row in rows}


def tree(out: Path) -> dict[str, bytes]:
    files = (path for path in out.rglob("*") if path.is_file() and ".heritage3d" not in path.relative_to(out).parts)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def made(way: Way, root: Path, captures: Path, workflow: str) -> Path:
    """The output of a run in this way, from its own copy of the captures."""
    folder = root / way.folder
    shutil.copytree(captures, folder / "captures", copy_function=shutil.copyfile)  # with other times
    (folder / "again.yaml").write_text(workflow.replace("THREADS", str(way.threads)), "utf-8")
    program = "tests.pipeline.shuffled" if way.shuffle else "tests.command"
    command = [sys.executable, "-m", program, "run", str(folder / "again.yaml"), str(folder / "captures")]
    threads = {name: str(way.threads) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "VIPS_CONCURRENCY")}
    done = subprocess.run(
        [*command, "--out", str(folder / "out"), "--workers", str(way.workers)],
        cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False,
        env={**os.environ, **threads, "H3D_LANG": "en", "H3D_SHUFFLE": way.shuffle,
             "PYTHONHASHSEED": way.shuffle or "0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out"


@pytest.mark.parametrize("name", SETS if LONG else ["pages"])
@pytest.mark.timeout(7200)
def test_workers_folder_and_order_do_not_change_a_byte(name: str, tmp_path: Path) -> None:
    prepare, workflow = SETS[name]
    prepare(tmp_path / "captures")
    first, *others = [made(way, tmp_path, tmp_path / "captures", workflow) for way in (WAYS if LONG else WAYS[:2])]
    wanted = digests(first)
    for out in others:
        found = digests(out)
        assert sorted(found) == sorted(wanted)
        assert [key for key in wanted if wanted[key] != found[key]] == []
        assert [path for path, content in tree(first).items() if tree(out).get(path) != content] == []
        assert tree(out).keys() == tree(first).keys()
    print(f"{name}: {len(wanted)} artefacts and {len(tree(first))} files equal in {1 + len(others)} ways")


def test_every_stage_is_compared() -> None:
    """A stage that is new gets into one of the sets, or says in its declaration why its bytes differ."""
    text = "".join(workflow for _prepare, workflow in SETS.values())
    own = {name for name in stages() if not name.startswith("tiny-")}
    assert {name for name in own if f"stage: {name}" not in text} == set()
