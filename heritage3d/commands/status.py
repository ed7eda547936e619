"""The command ``heritage3d status``: how every object of an output folder fared."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heritage3d import messages
from heritage3d.errors import NotAnOutput
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable
from heritage3d.pipeline.store import Store
from heritage3d.pipeline.tables import as_json as as_json_text

if TYPE_CHECKING:
    from heritage3d.pipeline.ledger import Ledger

SUMMARY = said("status", "Say how every object of an output folder fared.")

_FEW = 50  # so many objects have a line each; of more, only those with a fault


def status(
    out: Annotated[Path, typer.Argument(help=said("out", "Output folder"))],
    every: Annotated[
        bool, typer.Option("--all", help=said("status.all", "A line for every object, also where there are many"))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=said("run.json", "One JSON object per line"))] = False,
) -> None:
    """Read the ledger; nothing is changed."""
    from heritage3d.pipeline.ledger import Ledger

    path = Store(out.absolute()).ledger
    if not path.is_file():
        raise NotAnOutput(file=out)
    with Ledger(path) as ledger:
        if as_json:
            _tell_machines(ledger)
        else:
            _tell_people(ledger, every=every)


def _tell_machines(ledger: Ledger) -> None:
    """One JSON object in one line, written as it is read."""
    told = {"run": ledger.last_run(), "count": ledger.count_objects()}
    sys.stdout.write(as_json_text(told)[:-1] + ', "objects": [')
    for number, item in enumerate(ledger.objects()):
        sys.stdout.write((", " if number else "") + as_json_text(item))
    print("]}")


def _tell_people(ledger: Ledger, *, every: bool) -> None:
    if last := ledger.last_run():
        began = datetime.fromtimestamp(last["began"]).astimezone().strftime("%Y-%m-%d %H:%M")
        outcome = last["outcome"]
        print(f"{messages.text('status.run')}: {began}  {messages.text(f'status.{outcome}')}")
        print(printable(f"{messages.text('status.workflow')}: {last['workflow']}"))
        print(printable(f"{messages.text('status.captures')}: {last['captures']}"))
    count = ledger.count_objects()
    print(messages.text("run.summary", **count))
    every = every or sum(count.values()) <= _FEW
    for item in ledger.objects(only_faulty=not every):
        print(f"{printable(item['id'])}: {messages.text('state.' + item['state'])}")
        for error in item["errors"]:
            fields = {key: value for key, value in error.items() if key != "code"}
            what = messages.error(error["code"], "what", fields)
            cure = messages.error(error["code"], "cure", fields)
            print(printable(f"    {error['code']} {fields.get('file') or ''}: {what} {cure}"))
    if not every:
        print(messages.text("status.more"))
