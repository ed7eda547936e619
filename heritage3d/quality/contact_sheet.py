"""Pictures of an inspection: thumbnails framed by their verdicts with names and sentences, and the colour charts."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from heritage3d import messages
from heritage3d.errors import DestinationInUse
from heritage3d.pipeline.progress import printable
from heritage3d.pipeline.store import write
from heritage3d.quality import telling
from heritage3d.quality.inspecting import Inspection
from heritage3d.quality.measure import Finding

PAGE = "contact-sheet.html"
_PICTURES = "pictures"
_STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fbf9f4; --bad: #a32a1c; --warn: #b57a00; --good: #2d6a3f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e4da; --paper: #1b1a18; --bad: #ff8d7d; --warn: #f0b95a;
  --good: #8fd0a3; } }
body { font: 16px/1.45 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: var(--ink);
  background: var(--paper); margin: 2rem auto; max-width: 100rem; padding: 0 1rem; }
h1 { font-weight: 600; } .sum { font-size: 1.15rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.25rem; padding: 0; }
.sheet li { list-style: none; } figure { margin: 0; } figcaption { font-size: .85rem; overflow-wrap: anywhere; }
figure .frame { border: 5px solid; aspect-ratio: 1; display: grid; place-items: center; background: #8883; }
figure .frame img { max-width: 100%; max-height: 100%; object-fit: contain; min-height: 0; }
.pass .frame { border-color: var(--good); } .warn .frame { border-color: var(--warn); }
.fail .frame { border-color: var(--bad); } strong { overflow-wrap: anywhere; }
.pass b { color: var(--good); } .warn b { color: var(--warn); } .fail b { color: var(--bad); }
.chart { max-width: 100%; } ul.series { padding-left: 1.2rem; }
"""


def write_contact_sheet(
    folder: Path, inspections: Sequence[Inspection], series: Sequence[tuple[str, Sequence[Finding]]]
) -> Path:
    """Write the page and its pictures into a folder that is new, empty or one that was written so before.

    ``series``: name and findings of each folder. Raises DestinationInUse and OutputError.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / PAGE).is_file():
        raise DestinationInUse(file=folder)
    (folder / _PICTURES).mkdir(parents=True, exist_ok=True)
    for number, inspection in enumerate(inspections, start=1):
        for name, content in (("", inspection.thumbnail), ("-chart", inspection.chart)):
            if content:
                write(folder / _PICTURES / f"{number:05}{name}.jpg", content, folder)
    write(folder / PAGE, page(inspections, series).encode(), folder)
    return folder / PAGE


def page(inspections: Sequence[Inspection], series: Sequence[tuple[str, Sequence[Finding]]]) -> str:
    """The page in the language of this process; its pictures are those of ``write_contact_sheet``."""
    title = _show(messages.text("inspect.title"))
    notes = [
        f'<li class="{entry.verdict}">{_verdict(entry.verdict)} {_show(name)} {_show(telling.finding(entry))}</li>'
        for name, findings in series
        for entry in findings
    ]
    cards = [_card(number, inspection) for number, inspection in enumerate(inspections, start=1)]
    charts = [
        f"<h2>{_show(messages.text('inspect.chart'))}{_show(messages.text('inspect.colon'))}{_show(inspection.file)}</h2>"
        f'<img class="chart" src="{_PICTURES}/{number:05}-chart.jpg" alt="">'
        for number, inspection in enumerate(inspections, start=1)
        if inspection.chart
    ]
    body = (
        f'<h1>{title}</h1><p class="sum">{_show(summary(inspections))}</p>'
        + (f'<ul class="series">{"".join(notes)}</ul>' if notes else "")
        + f'<ol class="sheet">{"".join(cards)}</ol>{"".join(charts)}'
    )
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return (
        f'<!doctype html><html lang="{messages.language()}"><head>{head}<style>{_STYLE}</style></head>'
        f"<body>{body}</body></html>\n"
    )


def summary(inspections: Sequence[Inspection]) -> str:
    """One sentence: how many files, how many of each verdict."""
    count = {verdict: sum(entry.verdict == verdict for entry in inspections) for verdict in ("pass", "warn", "fail")}
    return messages.text(
        "inspect.summary", files=len(inspections), good=count["pass"], warned=count["warn"], failed=count["fail"]
    )


def _card(number: int, inspection: Inspection) -> str:
    picture = f'<img src="{_PICTURES}/{number:05}.jpg" alt="" loading="lazy">' if inspection.thumbnail else "✕"
    return (
        f'<li class="{inspection.verdict}"><figure><div class="frame">{picture}</div>'
        f"<figcaption><strong>{_show(inspection.file)}</strong> {_verdict(inspection.verdict)}"
        f"<br>{_show(telling.line(inspection))}</figcaption></figure></li>"
    )


def _verdict(verdict: str) -> str:
    return f"<b>{_show(messages.text(f'inspect.{verdict}'))}</b>"


def _show(text: str) -> str:
    return html.escape(printable(text))
