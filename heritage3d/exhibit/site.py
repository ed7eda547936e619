"""Write the reading room around published objects: collection.json, search.json, index.html, the viewer's files.

Every object is read once and let go, so that memory holds the names of a collection and never its manifests.
"""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import orjson

import heritage3d
from heritage3d import errors
from heritage3d.iiif.collection import TITLE, Entry, collection
from heritage3d.pipeline import addresses, limits
from heritage3d.record import naming
from heritage3d.record.record import LABELS

Words = dict[str, list[str]]

PAGE_OF_LINKS = 1_000  # objects that index.html lists; more go to list/2.html and on
SEARCH_CHARACTERS = 4_000  # of one object's description, in the search index
VIEWER = Path(heritage3d.__file__).parent / "viewer" / "dist"


@dataclass(frozen=True)
class Listed:
    """What the site tells of one object: its entry in the collection and what the search finds it by."""

    entry: Entry
    kind: Words
    pages: int
    models: int
    text: str


def published(root: Path) -> Iterator[Listed]:
    """The objects below ``root`` (objects/<id>/manifest.json) in the natural order of their ids, one at a time.

    Raises IiifError where a manifest cannot be read.
    """
    names = [path.parent.name for path in (root / "objects").glob("*/manifest.json")]
    for name in sorted((name for name in names if not name.startswith(".")), key=naming.natural):
        yield _listed(root / "objects" / name / "manifest.json", name)


def _listed(path: Path, identifier: str) -> Listed:
    document = _read(path, identifier)
    label = _words(document.get("label")) or {"none": [identifier]}
    metadata = [entry for entry in _list(document.get("metadata")) if isinstance(entry, dict)]
    kind = next((_words(entry.get("value")) for entry in metadata if entry.get("label") == LABELS["kind"]), {})
    described = [_words(entry.get("value")) for entry in metadata] + [_words(document.get("summary"))]
    said = dict.fromkeys(text for words in described for texts in words.values() for text in texts)
    bodies = [_body(canvas) for canvas in _list(document.get("items"))]
    return Listed(
        entry=Entry(identifier, label, _thumbnail(document)),
        kind=kind,
        pages=bodies.count("Image"),
        models=bodies.count("Model"),
        text="\n".join(said)[:SEARCH_CHARACTERS],
    )


def _read(path: Path, identifier: str) -> dict[str, Any]:
    file = f"objects/{identifier}/manifest.json"
    try:
        if path.stat().st_size > limits.MAX_JSON_BYTES:
            raise errors.IiifError(object=identifier, file=file, detail="it is too large for a manifest")
        document = addresses.load(path)
    except (OSError, ValueError) as error:
        raise errors.IiifError(object=identifier, file=file, detail=f"it cannot be read as JSON ({error})") from None
    if not isinstance(document, dict) or document.get("type") != "Manifest":
        raise errors.IiifError(object=identifier, file=file, detail="it is no Presentation 3 manifest")
    return document


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: Any) -> Words:
    """A language map with everything left out that is none."""
    if not isinstance(value, dict):
        return {}
    kept = {str(tag): [text for text in _list(texts) if isinstance(text, str)] for tag, texts in value.items()}
    return {tag: texts for tag, texts in kept.items() if texts}


def _thumbnail(document: dict[str, Any]) -> tuple[int, int] | None:
    picture = next(iter(_list(document.get("thumbnail"))), None)
    if not isinstance(picture, dict):
        return None
    width, height = picture.get("width"), picture.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _body(canvas: Any) -> str:
    """Whether a picture or a model is painted on the canvas."""
    pages = _list(canvas.get("items")) if isinstance(canvas, dict) else []
    annotations = [entry for page in pages if isinstance(page, dict) for entry in _list(page.get("items"))]
    for annotation in annotations:
        body = annotation.get("body") if isinstance(annotation, dict) else None
        if isinstance(body, dict):
            return "Model" if body.get("type") == "Model" else "Image"
    return ""


def write(
    root: Path, dest: Path, *, title: Words = TITLE, summary: Words | None = None, viewer: Path = VIEWER
) -> tuple[int, int, int]:
    """Write the site of the objects below ``root`` into ``dest``; the numbers of objects, images and models.

    Raises ViewerMissing, and IiifError where a manifest cannot be read.
    """
    if not (viewer / "index.html").is_file():
        raise errors.ViewerMissing(part="viewer", detail="heritage3d/viewer/dist/index.html is absent")
    shutil.copytree(viewer / "assets", dest / "assets", copy_function=shutil.copyfile)
    page = _Page((viewer / "index.html").read_text("utf-8"), title, summary or {})
    counts = [0, 0, 0]
    with (dest / "collection.json").open("wb") as items, (dest / "search.json").open("wb") as search:
        last = _open(items, search, collection([], title, summary=summary))
        links: list[str] = []
        number = 1
        for listed in published(root):
            _add(items, search, listed, first=not counts[0])
            counts = [counts[0] + 1, counts[1] + listed.pages, counts[2] + listed.models]
            if len(links) == PAGE_OF_LINKS:
                page.write(dest, number, links, more=True)
                links, number = [], number + 1
            links.append(_link(listed.entry))
        page.write(dest, number, links, more=False)
        items.write(last if counts[0] else b"]\n}\n")
        search.write(b"\n]}\n")
    return counts[0], counts[1], counts[2]


def _open(items: BinaryIO, search: BinaryIO, head: dict[str, Any]) -> bytes:
    """Begin both documents; what ends the first. Item by item they are what addresses.dump would write at once."""
    items.write(addresses.dump(head).removesuffix(b"]\n}\n"))
    search.write(b'{"objects":[')
    return b"\n  ]\n}\n"


def _add(items: BinaryIO, search: BinaryIO, listed: Listed, *, first: bool) -> None:
    entry = listed.entry
    comma = b"" if first else b","
    reference = addresses.dump(collection([entry])["items"][0]).rstrip(b"\n")
    items.write(comma + b"\n    " + reference.replace(b"\n", b"\n    "))
    found = {"id": entry.id, "kind": listed.kind, "pages": listed.pages, "models": listed.models, "text": listed.text}
    search.write(comma + b"\n" + orjson.dumps(found))


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
