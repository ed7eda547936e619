"""Hold a IIIF document against the files that lie beside it: each address exists, with the size that it claims."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from heritage3d.iiif.check_presentation import ABSENT, SIZE, escaped
from heritage3d.iiif.pixels import pixel_size
from heritage3d.pipeline.kinds import Finding

# Only these are fetched; canvases, annotations and ranges are mere names.
_FETCHED = frozenset({"Image", "Model", "Dataset", "Text", "Video", "Sound", "Manifest", "Collection"})
_ELSEWHERE = frozenset({"partOf", "homepage", "provider"})
_OWN = frozenset({"seeAlso", "rendering"})
_SERVICES = frozenset({"ImageService3", "ImageService2"})


def check_tree(path: Path, document: dict[str, Any]) -> list[Finding]:
    """What is missing or of another size below the document's own base.

    Nothing is said where the tree does not lie beside the document: a manifest that was merely downloaded.
    """
    found = _root(path, document.get("id"))
    if found is None:
        return []
    root, base = found
    claims = list(_claims(document, "", base, str(document["id"]).rpartition("/")[0] + "/"))
    files = {address: _file(root, address, base) for address, _node, _where in claims}
    own = path.resolve()
    if not any(file is not None and file.exists() and file.resolve() != own for file in files.values()):
        return []
    findings = []
    for address, node, where in claims:
        file = files[address]
        if file is None or not file.is_file():
            findings.append(Finding(ABSENT, f"{address} is not there", where))
        elif wrong := _other_size(file, node) if node.get("type") == "Image" else _cut_off(file, node):
            findings.append(Finding(SIZE, wrong, where))
    return findings


def _root(path: Path, identifier: Any) -> tuple[Path, str] | None:
    """The highest folder and address at which the document's path and its id end alike."""
    if not isinstance(identifier, str):
        return None
    try:
        parts = urlsplit(identifier)
    except ValueError:
        return None
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    folder = path.resolve()
    if not segments or segments[-1] != folder.name:
        return None
    while len(segments) and segments[-1] == folder.name and folder != folder.parent:
        segments.pop()
        folder = folder.parent
    kept = parts.path.split("/")[: len(segments) + 1]
    return folder, f"{parts.scheme}://{parts.netloc}" + "/".join(kept).rstrip("/") + "/"


def _claims(node: Any, where: str, base: str, own: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every resource below the base that a viewer would fetch: address, the object that names it, its place.

    Home pages are another matter: the museum's site may share the host. So may data and downloads, unless they
    lie in the document's own folder.
    """
    if isinstance(node, list):
        for at, entry in enumerate(node):
            yield from _claims(entry, f"{where}/{at}", base, own)
    elif isinstance(node, dict):
        kind, address = node.get("type"), node.get("id")
        if isinstance(address, str) and isinstance(kind, str) and address.startswith(base):
            if kind in _SERVICES:
                yield f"{address.rstrip('/')}/info.json", node, where
            elif kind in _FETCHED:
                yield address, node, where
        for name, value in node.items():
            if name not in _ELSEWHERE:
                nearer = own if name in _OWN else base
                yield from _claims(value, f"{where}/{escaped(name)}", nearer, own)


def _file(root: Path, address: str, base: str) -> Path | None:
    """The file of an address, None where it would lie outside the root."""
    relative = unquote(address[len(base) :].partition("#")[0].partition("?")[0])
    segments = relative.split("/")
    if "\0" in relative or any(segment in {"", ".", ".."} or "\\" in segment for segment in segments):
        return None
    file = root.joinpath(*segments)
    try:
        return file if file.resolve().is_relative_to(root) else None
    except (OSError, RuntimeError, ValueError):
        return None


def _other_size(file: Path, node: dict[str, Any]) -> str | None:
    if "width" not in node or "height" not in node:
        return None
    size = pixel_size(file)
    if size is None or size == (node["width"], node["height"]):
        return None
    return f"{file.name} has {size[0]} x {size[1]} pixels, not {node['width']} x {node['height']}"


def _cut_off(file: Path, node: dict[str, Any]) -> str | None:
    """Models and packages tell their own length: a copy that ended too early is found by it."""
    form = str(node.get("format"))
    try:
        if form == "model/gltf-binary":
            with file.open("rb") as stream:
                head = stream.read(12)
            told, held = int.from_bytes(head[8:12], "little"), file.stat().st_size
            return f"{file.name} has {held} bytes and says that it has {told}" if told != held else None
        if form.partition("+")[2] == "zip" or form == "application/zip":
            return None if zipfile.is_zipfile(file) else f"{file.name} ends before the list of what is in it"
    except OSError as error:
        return f"{file.name} cannot be read: {error.strerror}"
    return None
