"""The command ``heritage3d compare``: how far two meshes lie apart, for anyone's files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from heritage3d import messages
from heritage3d.errors import CaptureUnreadable, OutputError
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable

if TYPE_CHECKING:
    from heritage3d.deviation.comparing import Comparison


SUMMARY = said(
    "compare", "Compare two meshes: proved greatest distance, RMS, normals, colours; a heat map as a picture."
)


def compare(
    first: Annotated[Path, typer.Argument(help=said("compare.first", "The first file, usually the master"))],
    second: Annotated[Path, typer.Argument(help=said("compare.second", "The second file, usually a derivative"))],
    transform: Annotated[
        Path | None,
        typer.Option(
            "--transform",
            help=said(
                "compare.transform",
                "What brings the first file to the second: evidence.json of optimize, or a 4x4 matrix as JSON",
            ),
        ),
    ] = None,
    unit: Annotated[
        Literal["mm", "cm", "m", "inch"] | None,
        typer.Option(
            "--unit", help=said("compare.unit", "Unit of coordinates in formats that have none (PLY, OBJ, STL)")
        ),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(
            "--tolerance",
            help=said(
                "compare.tolerance",
                "Greatest distance allowed: 0.1mm, 100um, or 0.05% of the diagonal; beyond it the exit status is 1",
            ),
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help=said("compare.picture", "Write a heat map to this PNG file"))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=said("compare.json", "All figures as JSON"))] = False,
) -> None:
    """Exit status 1 where it is not proved that the tolerance is kept."""
    from heritage3d.deviation import comparing

    for path in (first, second):
        if not path.is_file():
            raise CaptureUnreadable(file=path, detail="there is no such file")
    told, pair = comparing.compare(first, second, matrix=transform, unit=unit, tolerance=tolerance)
    if picture is not None:
        from heritage3d.deviation import heatmap

        try:
            picture.write_bytes(heatmap.draw(told, pair))
        except OSError as error:
            raise OutputError(file=picture, detail=error.strerror or "it cannot be written") from error
    if as_json:
        sys.stdout.write(told.model_dump_json(indent=2) + "\n")
    else:
        _tell(told)
        if picture is not None:
            print(printable(messages.text("compare.picture", path=picture)), file=sys.stderr)
    raise typer.Exit(1 if told.within is False else 0)


def _tell(told: Comparison) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from heritage3d.deviation import telling

    console = Console(soft_wrap=True, highlight=False)
    title = messages.text("compare.title", first=told.first.file, second=told.second.file)
    table = Table(title=Text(printable(title), style="bold"), box=box.SIMPLE, show_header=False, title_justify="left")
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    lines = telling.lines(told)
    for at, (label, value) in enumerate(lines):
        style = "bold" if at == 0 else ""
        if told.within is not None and at == len(lines) - 1:
            style = "bold green" if told.within else "bold red"
        table.add_row(Text(label), Text(value, style=style))
    on = messages.text(f"compare.on_{told.farthest_on}")
    place = ", ".join(f"{value:.5g}" for value in told.farthest)
    table.add_row(messages.text("compare.farthest"), messages.text("compare.farthest_at", place=place, on=on))
    console.print(table)
    if told.scale == "unknown":
        console.print(Text(messages.text("compare.unknown_scale"), style="dim"))
