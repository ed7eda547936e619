"""What strangers write in manifests and sheets: refused with a line, or shown as text; never run, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from heritage3d import errors
from heritage3d.cli import app
from heritage3d.exhibit import site
from heritage3d.iiif.check_presentation import check
from heritage3d.iiif.describe import describe
from heritage3d.iiif.scenes import containers
from heritage3d.record.record import describe as described
from heritage3d.record.sheet import read_sheet

EVIL = '<img src=x onerror="alert(1)"></script><script>alert(1)</script>{{7*7}}\u202e\u2028'
V3 = "http://iiif.io/api/presentation/3/context.json"
V4 = "http://iiif.io/api/presentation/4/context.json"


def ranges(depth: int) -> dict[str, Any]:
    """Ranges inside ranges; the innermost names the outermost, which is as near to a cycle as JSON comes."""
    node: dict[str, Any] = {"id": "https://x.example/r0", "type": "Range"}
    for at in range(depth, 0, -1):
        node = {"id": f"https://x.example/r{at}", "type": "Range", "items": [node]}
    return node


def manifest(**more: Any) -> dict[str, Any]:
    return {
        "@context": V3,
        "id": "https://x.example/m",
        "type": "Manifest",
        "label": {"en": [EVIL]},
        "items": [],
        **more,
    }


SOURCES = json.loads('{"type":"SpecificResource","source":' * 40 + "1" + "}" * 40)
DOCUMENTS: dict[str, Any] = {
    "labels": manifest(label={EVIL: [EVIL]}, summary={"en": [EVIL]}, metadata=[{"label": {"en": [EVIL]}, "value": 7}]),
    "ranges": manifest(structures=[ranges(30)]),
    "a range that names itself": manifest(structures=[{"id": "https://x.example/r", "type": "Range", "items": [
        {"id": "https://x.example/r", "type": "Range"}]}]),
    "a collection that names itself": {"@context": V3, "id": "https://x.example/c", "type": "Collection",
        "label": {"en": ["c"]}, "items": [{"id": "https://x.example/c", "type": "Collection", "label": {"en": ["c"]}}]},
    "a scene in itself": {"@context": V4, "id": "https://x.example/m", "type": "Manifest", "label": {"en": [EVIL]},
        "items": [{"id": "https://x.example/s", "type": "Scene", "items": [{"id": "https://x.example/p",
        "type": "AnnotationPage", "items": [{"id": "https://x.example/a", "type": "Annotation",
        "motivation": ["painting"], "body": {"id": "https://x.example/s", "type": "Scene"},
        "target": {"id": "https://x.example/s", "type": "Scene"}}]}]}]},
    "sources of sources": {"@context": V4, "id": "https://x.example/m", "type": "Manifest", "label": {"en": ["m"]},
        "items": [{"id": "https://x.example/s", "type": "Scene", "items": [{"type": "AnnotationPage", "items": [
        {"type": "Annotation", "motivation": ["painting"], "body": SOURCES, "target": "https://x.example/s"}]}]}]},
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_judged_and_described_in_lines(name: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(DOCUMENTS[name]), "utf-8")
    assert all(finding.what and "\n" not in finding.what for finding in check(path))
    describe(path)
    containers(DOCUMENTS[name])


@pytest.mark.parametrize("command", ["check", "info"])
@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00{", b'{"a": "\xc3"}', b"[" * 200_000, b'{"@context": "' + V3.encode() + b'", "type": "Manifest"',
     json.dumps(manifest()).encode() + b"x"],
    ids=["no utf-8", "broken utf-8", "deep", "cut off", "more behind it"],
)  # fmt: skip
def test_a_command_answers_with_a_line(command: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    told = CliRunner().invoke(app, [command, str(path)])
    assert "Traceback" not in told.output
    assert told.exit_code != 0
    assert not isinstance(told.exception, (RecursionError, UnicodeError, ValueError, KeyError, TypeError))


def test_a_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as stream:
        stream.write(json.dumps(manifest()).encode())
        stream.truncate(100_000_000)
    with pytest.raises(errors.DocumentTooLarge):
        check(path)


def test_a_site_of_such_manifests_runs_nothing(tmp_path: Path) -> None:
    for at, name in enumerate(DOCUMENTS):
        folder = tmp_path / "objects" / f"o{at}"
        folder.mkdir(parents=True)
        document = DOCUMENTS[name] | {"type": "Manifest"}
        (folder / "manifest.json").write_text(json.dumps(document), "utf-8")
    dest = tmp_path / "site"
    dest.mkdir()
    assert site.write(tmp_path, dest, title={"en": [EVIL]})[0] == len(DOCUMENTS)
    page = (dest / "index.html").read_text("utf-8")
    assert "<img src=x" not in page
    assert page.count("<script") == (site.VIEWER / "index.html").read_text("utf-8").count("<script")


@pytest.mark.parametrize("column", ["title@en", "homepage", "see_also", "download", "logo", "nav_date", "start_page"])
@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,<script>", 'https://x/"><script>', EVIL[:40]])
def test_cells_of_a_sheet_become_text_or_a_fault(column: str, text: str) -> None:
    try:
        told = described("o", {column: text})
    except (errors.LinkUnusable, errors.DateUnusable, errors.CellUnusable):
        return
    links = [link["address"] for name in ("homepage", "see_also", "download") for link in told[name]]
    assert all(address.startswith(("http://", "https://")) and '"' not in address for address in links)
    assert (told["logo"] or "https://").startswith("https://")


@pytest.mark.parametrize("content", [b"id,homepage\na,\xff\xff\xff\xff\n", b"id\n\x00", b"\xff\xfe\xff"])
def test_a_sheet_of_broken_text_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "objects.csv").write_bytes(content)
    with pytest.raises(errors.Heritage3dError) as caught:
        read_sheet(tmp_path)
    assert "\n" not in caught.value.line("en")
