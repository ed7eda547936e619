"""The command ``heritage3d preflight``: a minute before the hours of work."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heritage3d import messages
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable

if TYPE_CHECKING:
    from heritage3d.photogrammetry.preflight import Preflight


SUMMARY = said("preflight", "Judge a set of photographs before photogrammetry: do they connect, what is missing.")
_NAMED = 5  # photographs that a line names


def preflight(
    folder: Annotated[Path, typer.Argument(help=said("preflight.folder", "The folder of photographs"), exists=True)],
    as_json: Annotated[bool, typer.Option("--json", help=said("preflight.json", "One JSON object"))] = False,
    threads: Annotated[int, typer.Option("--threads", min=1, help=said("preflight.threads", "Threads to use"))] = 2,
) -> None:
    """Exit status 1 where the photographs will make no whole model."""
    from heritage3d.photogrammetry import preflight as room
    from heritage3d.photogrammetry.photographs import read_set

    files = _photographs(folder)
    if not files:
        print(printable(messages.text("preflight.none", folder=folder)), file=sys.stderr)
        raise typer.Exit(1)
    judged = room.preflight(read_set(files, keep_blurred=True), threads=threads)
    if as_json:
        sys.stdout.write(json.dumps(as_dict(judged), ensure_ascii=False) + "\n")
    else:
        for line in lines(judged):
            typer.echo(printable(line))
    raise typer.Exit(1 if judged.verdict == "fail" else 0)


def _photographs(folder: Path) -> list[tuple[str, Path]]:
    """The pictures of the folder, or of its folder photos/, in the order of their names."""
    from heritage3d.pipeline import kinds

    inner = folder / "photos"
    place = inner if inner.is_dir() else folder
    found = []
    for path in sorted(path for path in place.iterdir() if path.is_file() and not path.name.startswith(".")):
        known = kinds.recognise(path)
        if known is not None and known.captured_as == "image/master":
            found.append((path.name, path))
    return found


def lines(judged: Preflight) -> list[str]:
    """What a person reads: the verdict, then each thing to do."""
    said = [messages.text(f"preflight.{judged.verdict}", photographs=judged.photographs)]
    said += [error.line() for error in (*judged.left_out.values(), *judged.doubtful.values())]
    for group in judged.groups[1:]:
        named = ", ".join(group[:_NAMED])
        if len(group) > _NAMED:
            named += f" {messages.text('preflight.more', count=len(group) - _NAMED)}"
        said.append(messages.text("preflight.group", count=len(group), names=named))
    if judged.coverage and judged.placed < len(judged.groups[0]):
        said.append(messages.text("preflight.weak", placed=judged.placed, count=len(judged.groups[0])))
        return said  # the others stand in the gaps, or not: nobody knows
    for gap in judged.coverage.gaps if judged.coverage else ():
        band = messages.text(f"preflight.band.{gap.band}")
        if not gap.after:
            said.append(messages.text("preflight.empty", band=band))
            continue
        count = max(1, round(gap.degrees / 20) - 1)
        fields: dict[str, Any] = {"after": gap.after, "before": gap.before, "degrees": round(gap.degrees)}
        said.append(messages.text("preflight.gap", band=band, count=count, **fields))
    return said


def as_dict(judged: Preflight) -> dict[str, Any]:
    """The same for machines."""
    reasons = {**judged.left_out, **judged.doubtful}
    covered = judged.coverage
    return {
        "verdict": judged.verdict,
        "photographs": judged.photographs,
        "placed": judged.placed,
        "groups": [list(group) for group in judged.groups],
        "left_out": [{"photograph": name, "code": error.code, "why": error.what()} for name, error in reasons.items()],
        "directions_deg": {name: list(at) for name, at in covered.directions.items()} if covered else {},
        "gaps": [
            {"band": gap.band, "degrees": gap.degrees, "after": gap.after, "before": gap.before}
            for gap in (covered.gaps if covered else ())
        ],
    }
