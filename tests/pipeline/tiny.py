"""Stages that take no time, for tests of the engine: text files instead of images.

A capture `page-3.txt` becomes a "page"; its content can ask for trouble (crash, hang, fail, exit), be slow, or wait
for another worker.
"""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from heritage3d.errors import ImageError
from heritage3d.pipeline import addresses
from heritage3d.pipeline.kinds import Kind, register
from heritage3d.pipeline.stage import (
    Artefact,
    Capture,
    Collection,
    Column,
    Evidence,
    Many,
    Output,
    Reads,
    Speed,
    stage,
)

register(
    Kind("tiny/page", "a text file"),
    Kind("tiny/record", "a record", place="objects/{object}/record.json"),
    Kind("tiny/tiles", "letters of a page", place="objects/{object}/pages/{name}", addressed=("info.json",)),
    Kind("tiny/manifest", "all pages", place="objects/{object}", spread=True, addressed=("manifest.json",)),
    Kind("tiny/site", "the site", place=".", spread=True, addressed=("collection.json",)),
)


class Count(Evidence):
    """How much was made."""

    files: int


class Alien(ImageError):
    """An error that only the process that raised it can rebuild: a class that others have not installed."""

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (os.getpid(),)


def _rebuilt(process: int) -> Alien:
    if process != os.getpid():
        raise AttributeError("there is no such class here")
    return Alien()


class TwoArguments(Exception):
    """An error that pickles, and cannot be unpickled: it tells its base less than it was told."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)


class Stuck(ImageError):
    """An error that cannot be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("no")


def _pages_of(folder: Path, _options: object) -> list[Output]:
    return [Output("tiny/page", page.stem, page) for page in sorted(folder.glob("*.txt"))]


@stage(writes=Many("tiny/record", "tiny/page"), version=1, foresees=_pages_of)
def tiny_ingest(
    capture: Capture,
    dest: Path,
    *,
    row: Annotated[dict[str, str], Column("*")] = {},  # noqa: B006
) -> list[Output]:
    """Find the pages of an object."""
    (dest / "record.json").write_bytes(addresses.dump(row))
    pages = sorted(capture.glob("*.txt"))
    return [
        Output("tiny/record", "record", dest / "record.json"),
        *(Output("tiny/page", page.stem, page, evidence={"bytes": page.stat().st_size}) for page in pages),
    ]


def _waiting(text: str) -> None:
    """What the content asks for, without harm."""
    if text.startswith("slow"):
        time.sleep(float(text.split()[1]))
    if text.startswith("meet"):
        _meet(Path(text.split(" ", 1)[1]))


def _trouble(text: str, page: Path) -> None:
    """What the content asks for."""
    if text.startswith("crash"):
        ctypes.string_at(0)
    if text.startswith("hang"):
        time.sleep(600)
    if text.startswith("kill"):
        os.kill(os.getpid(), 9)
    if text.startswith("exit"):
        raise SystemExit(3)
    if text.startswith("bad"):
        raise ImageError(file=page, detail="it says bad")
    if text.startswith("bug"):
        raise ZeroDivisionError("a bug in the stage")
    if text.startswith("alien"):
        raise Alien(file=page, detail="known to its own process only")
    if text.startswith("caused"):
        try:
            raise TwoArguments("one", "two")
        except TwoArguments as error:
            raise ImageError(file=page, detail="its cause cannot be rebuilt") from error
    if text.startswith("stuck"):
        raise Stuck(file=page, detail="it cannot travel at all")


def _meet(folder: Path) -> None:
    """Sign a list, and wait until another worker has signed it too; fail if none does."""
    with (folder / str(os.getpid())).open("a") as stream:
        stream.write("x")
    time.sleep(0.02)
    end = time.monotonic() + 20
    while len(list(folder.iterdir())) < 2:
        if time.monotonic() > end:
            raise ImageError(file=folder, detail="nobody else came")
        time.sleep(0.01)


@stage(writes="tiny/tiles", version=1)
def tiny_tile(
    page: Annotated[Path, Reads("tiny/page")],
    dest: Path,
    *,
    copies: Annotated[int, Field(ge=1, le=9, description="How often each letter is written")] = 1,
    case: Annotated[str, Column("case"), Field(description="upper or lower")] = "lower",
    patience: Annotated[float, Speed(), Field(description="Seconds to wait for nothing")] = 0.0,
) -> Count:
    """Cut a page into letters."""
    text = page.read_text("utf-8")
    if log := os.environ.get("TINY_LOG"):
        with Path(log).open("a") as stream:
            stream.write(f"{page}\n")
    _trouble(text, page)
    _waiting(text)
    time.sleep(patience)
    for at, letter in enumerate(text.upper() if case == "upper" else text):
        (dest / f"{at}.txt").write_text(letter * copies, "utf-8")
    (dest / "info.json").write_bytes(addresses.dump({"id": addresses.here(), "letters": len(text)}))
    return Count(files=len(text))


@stage(writes="tiny/manifest", version=1)
def tiny_manifest(
    record: Annotated[Path, Reads("tiny/record")],
    pages: list[Annotated[Artefact, Reads("tiny/tiles")]],
    dest: Path,
) -> Count:
    """List the pages."""
    items = [{"id": addresses.here(page.address), "letters": page.evidence["files"]} for page in pages]
    told = {"id": addresses.here("manifest.json"), "label": addresses.load(record).get("title"), "items": items}
    (dest / "manifest.json").write_bytes(addresses.dump(told))
    return Count(files=len(items))


@stage(writes="tiny/site", version=1)
def tiny_site(collection: Collection, dest: Path) -> Count:
    """List the objects."""
    manifests = sorted(collection.glob("objects/*/manifest.json"))
    items = [{"id": addresses.here(path.relative_to(collection).as_posix())} for path in manifests]
    (dest / "collection.json").write_bytes(addresses.dump({"id": addresses.here("collection.json"), "items": items}))
    (dest / "assets").mkdir()
    (dest / "assets" / "viewer.js").write_text("// nothing", "utf-8")
    return Count(files=len(items))


WORKFLOW = """\
workflow: tiny
steps:
  captures: {stage: tiny-ingest}
  pages: {stage: tiny-tile, from: captures}
  manifest: {stage: tiny-manifest, from: [captures, pages]}
  site: {stage: tiny-site}
"""
