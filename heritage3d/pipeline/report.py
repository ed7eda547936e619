"""The morning's report: which object failed, why, and what to do; as a page and as a table."""

from __future__ import annotations

import csv
import html
import io
from pathlib import Path

from heritage3d import messages
from heritage3d.errors import Heritage3dError
from heritage3d.pipeline.progress import printable
from heritage3d.pipeline.results import ObjectResult, RunResult
from heritage3d.pipeline.store import write

_MOST_GOOD = 2_000  # objects without a fault that the page lists; the table has all
_ORDER = ("failed", "withheld", "published", "unchanged")
_STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fbf9f4; --line: #d9d2c3; --bad: #a32a1c; --wait: #8a5a00;
  --good: #2d6a3f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e4da; --paper: #1b1a18; --line: #423e37; --bad: #ff8d7d;
  --wait: #f0b95a; --good: #8fd0a3; } }
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: var(--ink);
  background: var(--paper); margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-weight: 600; } .sum { font-size: 1.15rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top;
  padding: .5rem .75rem; border-bottom: 1px solid var(--line); }
td { overflow-wrap: break-word; } td:nth-child(-n+2), code { white-space: nowrap; } td:nth-child(3) {
  overflow-wrap: anywhere; min-width: 9rem; } td:nth-child(5) { min-width: 18rem; }
.failed { color: var(--bad); font-weight: 600; } .withheld { color: var(--wait); font-weight: 600; }
.published { color: var(--good); } code { font-size: .9em; } .cure { font-weight: 600; }
"""


def write_reports(folder: Path, result: RunResult) -> Path:
    """Write report.html and report.csv into a folder; the path of the page."""
    place = {state: at for at, state in enumerate(_ORDER)}
    ordered = sorted(result.objects, key=lambda item: (place[item.state], item.id))
    write(folder / "report.csv", _csv(ordered), folder)
    write(folder / "report.html", _page(ordered, result), folder)
    return folder / "report.html"


def _rows(item: ObjectResult) -> list[tuple[ObjectResult, Heritage3dError | None]]:
    return [(item, error) for error in item.errors] or [(item, None)]


def _csv(objects: list[ObjectResult]) -> bytes:
    text = io.StringIO(newline="")
    sheet = csv.writer(text)
    sheet.writerow([messages.text(f"report.{name}") for name in ("object", "state", "file", "code", "what", "cure")])
    states = {state: messages.text(f"state.{state}") for state in _ORDER}
    for item in objects:
        if not item.errors:
            sheet.writerow((_cell(item.id), states[item.state], "", "", "", ""))
        for error in item.errors:
            told = (item.id, states[item.state], error.file, error.code, error.what(), error.cure())
            sheet.writerow([_cell(value) for value in told])
    return text.getvalue().encode("utf-8-sig")  # the mark lets Excel show Chinese


def _cell(value: str) -> str:
    """No cell that a spreadsheet program would run as a formula."""
    value = printable(value)
    return "'" + value if value[:1] in {"=", "+", "-", "@"} else value


def _page(objects: list[ObjectResult], result: RunResult) -> bytes:
    def show(text: str) -> str:
        return html.escape(printable(text))

    rows = []
    good = [item for item in objects if not item.errors]
    left_out = good[_MOST_GOOD:]  # nobody reads a page of a hundred thousand lines that say "unchanged"
    states = {state: show(messages.text(f"state.{state}")) for state in _ORDER}
    for item in [item for item in objects if item.errors] + good[:_MOST_GOOD]:
        for _item, error in _rows(item):
            state = f'<td class="{item.state}">{states[item.state]}</td>'
            cells = f"<td>{show(item.id)}</td>{state}"
            if error:
                cells += f"<td>{show(error.file)}</td><td><code>{error.code}</code></td>"
                cells += f'<td>{show(error.what())}<br><span class="cure">{show(error.cure())}</span></td>'
            else:
                cells += "<td></td><td></td><td></td>"
            rows.append(f"<tr>{cells}</tr>")
    if left_out:
        rows.append(f'<tr><td colspan="5">+ {len(left_out)}: <a href="report.csv">report.csv</a></td></tr>')
    heads = "".join(
        f'<th scope="col">{show(messages.text(f"report.{name}"))}</th>'
        for name in ("object", "state", "file", "code", "reason")
    )
    title = show(messages.text("report.title"))
    body = (
        f"<h1>{title}</h1>"
        f'<p class="sum">{show(summary(result))}</p>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
    language = messages.language()
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    page = (
        f'<!doctype html><html lang="{language}"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>'
    )
    return (page + "\n").encode()


def summary(result: RunResult) -> str:
    """One sentence: how many objects were published, stayed as they were, were withheld, failed."""
    return messages.text("run.summary", **{state: result.count(state) for state in _ORDER})
