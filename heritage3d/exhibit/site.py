"""Write the reading room around published objects: collection, search index, changes, index.html, viewer files.

Every object is read once and let go, so that memory holds the names of a collection and never its manifests.
"""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import heritage3d
from heritage3d import errors
from heritage3d.exhibit.listing import Words, identifiers, listed
from heritage3d.exhibit.searching import Index
from heritage3d.iiif import collection as room
from heritage3d.iiif import discovery
from heritage3d.iiif.collection import TITLE, Entry
from heritage3d.pipeline import addresses

PAGE_OF_LINKS = 1_000  # objects that index.html lists; more go to list/2.html and on
VIEWER = Path(heritage3d.__file__).parent / "viewer" / "dist"


def write(
    root: Path, dest: Path, *, title: Words = TITLE, summary: Words | None = None, viewer: Path = VIEWER
) -> tuple[int, int, int]:
    """Write the site of the objects below ``root`` into ``dest``; the numbers of objects, images and models.

    Raises ViewerMissing, and IiifError where a manifest cannot be read.
    """
    if not (viewer / "index.html").is_file():
        raise errors.ViewerMissing(part="viewer", detail="heritage3d/viewer/dist/index.html is absent")
    shutil.copytree(viewer / "assets", dest / "assets", copy_function=shutil.copyfile)
    names = identifiers(root)
    page = _Page((viewer / "index.html").read_text("utf-8"), title, summary or {})
    index = Index(dest, len(names))
    pages = models = 0
    starts = range(0, max(len(names), 1), room.PAGE)
    for number, start in enumerate(starts, start=1):
        entries: list[Entry] = []
        for found in listed(root, names[start : start + room.PAGE]):
            index.add(found)
            entries.append(found.entry)
            pages, models = pages + found.pages, models + found.models
        page.write(dest, number, map(_link, entries), more=number < len(starts))
        document = (
            room.collection(entries, title, summary=summary)
            if len(starts) == 1
            else room.page_of(entries, number, title)
        )
        _save(dest, "collection.json" if len(starts) == 1 else room.page_address(number), document)
    if len(starts) > 1:
        _save(dest, "collection.json", room.collection_of_pages(names, title, summary=summary))
    index.close(title, summary or {})
    _changes(dest, names)
    return len(names), pages, models


def _changes(dest: Path, names: list[str]) -> None:
    starts = range(0, max(len(names), 1), discovery.PAGE)
    for number, start in enumerate(starts, start=1):
        told = discovery.page_of_changes(names[start : start + discovery.PAGE], number, len(starts))
        _save(dest, discovery.page_address(number), told)
    _save(dest, discovery.ALL, discovery.all_changes(len(names)))


def _save(dest: Path, place: str, document: Any) -> None:
    (dest / place).parent.mkdir(parents=True, exist_ok=True)
    (dest / place).write_bytes(addresses.dump(document))


def _link(entry: Entry) -> str:
    """A plain link for readers without a script, and for search engines."""
    names = [f'<span lang="{html.escape(tag)}">{html.escape(texts[0])}</span>' for tag, texts in entry.label.items()]
    untagged = [name.replace(' lang="none"', "") for name in names]
    address = f"objects/{quote(entry.id, safe='')}/manifest.json"
    return f'<li><a href="{{up}}{address}">{" · ".join(untagged)}</a></li>'


class _Page:
    """index.html and, for large collections, the further pages of plain links."""

    def __init__(self, template: str, title: Words, summary: Words) -> None:
        tag = next(iter(title))
        self.language = "en" if tag == "none" else tag
        self.title = " · ".join(dict.fromkeys(texts[0] for texts in title.values() if texts))
        self.summary = " ".join(dict.fromkeys(texts[0] for texts in summary.values() if texts))
        self.template = template

    def write(self, dest: Path, number: int, links: Iterable[str], *, more: bool) -> None:
        up = "" if number == 1 else "../"
        # Not str.format: braces in a title are text.
        listed = "\n".join(link.replace("{up}", up, 1) for link in links)
        onward = f'\n<p><a rel="next" href="{up}list/{number + 1}.html">{number + 1} →</a></p>' if more else ""
        path = dest / "index.html" if number == 1 else dest / "list" / f"{number}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.fill(f"<ul>\n{listed}\n</ul>{onward}", scripted=number == 1), "utf-8", newline="\n")

    def fill(self, listed: str, *, scripted: bool) -> str:
        page = self.template
        if not scripted:
            lines = (line for line in page.splitlines(keepends=True) if "<script" not in line)
            page = "".join(lines).replace('"./assets/', '"../assets/')
        told = {
            "{{lang}}": self.language,
            "{{title}}": self.title,
            "{{description}}": self.summary or self.title,
        }
        for name, text in told.items():
            page = page.replace(name, html.escape(text))
        return page.replace("<!--objects-->", listed)
