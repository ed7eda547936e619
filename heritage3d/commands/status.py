"""The command ``heritage3d status``: how every object of an output folder fared."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.errors import NotAnOutput
from heritage3d.messages import command as said
from heritage3d.pipeline.progress import printable
from heritage3d.pipeline.store import Store

SUMMARY = said("status", "Say how every object of an output folder fared.")


def status(
    out: Annotated[Path, typer.Argument(help=said("out", "Output folder"))],
    as_json: Annotated[bool, typer.Option("--json", help=said("run.json", "One JSON object per line"))] = False,
) -> None:
    """Read the ledger; nothing is changed."""
    from heritage3d.pipeline.ledger import Ledger

    path = Store(out.absolute()).ledger
    if not path.is_file():
        raise NotAnOutput(file=out)
    with Ledger(path) as ledger:
        last, objects = ledger.last_run(), list(ledger.objects())
    if as_json:
        print(json.dumps({"run": last, "objects": objects}, ensure_ascii=False))
        return
    if last:
        began = datetime.fromtimestamp(last["began"]).astimezone().strftime("%Y-%m-%d %H:%M")
        outcome = last["outcome"]
        print(f"{messages.text('status.run')}: {began}  {messages.text(f'status.{outcome}')}")
        print(f"{messages.text('status.workflow')}: {last['workflow']}")
        print(f"{messages.text('status.captures')}: {last['captures']}")
    for item in objects:
        print(f"{printable(item['id'])}: {messages.text('state.' + item['state'])}")
        for error in item["errors"]:
            fields = {key: value for key, value in error.items() if key != "code"}
            what = messages.error(error["code"], "what", fields)
            cure = messages.error(error["code"], "cure", fields)
            print(printable(f"    {error['code']} {fields.get('file') or ''}: {what} {cure}"))
