"""Tell about a IIIF Presentation document, anyone's: what it is, how much is in it, in which languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heritage3d import errors
from heritage3d.iiif.check_presentation import version_of
from heritage3d.iiif.scenes import CAMERAS, LIGHTS, containers
from heritage3d.iiif.untrusted import read_json


def describe(path: Path) -> dict[str, Any]:
    """Version, type, id, label, languages, and the numbers of canvases, images, models, services and manifests.

    Raises DocumentUnreadable, DocumentTooLarge; IiifError where it is JSON and no object.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        raise errors.IiifError(file=str(path), detail="it is no JSON object")
    kinds: Counter[str] = Counter()
    languages: set[str] = set()
    for node in _objects(document):
        kind = node.get("type", node.get("@type"))
        if isinstance(kind, str):
            kinds[kind.removeprefix("sc:").removeprefix("dctypes:")] += 1
        for name in ("label", "value", "summary"):
            if isinstance(node.get(name), dict):
                languages.update(str(tag) for tag in node[name])
    services = sum(count for kind, count in kinds.items() if kind.startswith("ImageService"))
    kind = document.get("type", document.get("@type"))
    painted = Counter(entry.kind for container in containers(document) for entry in container.painted)
    return {
        "presentation_api": version_of(document),
        "type": kind if isinstance(kind, str) else None,
        "id": document.get("id", document.get("@id")),
        "label": document.get("label"),
        "canvases": kinds["Canvas"],
        "scenes": kinds["Scene"],
        "images": kinds["Image"],
        "models": kinds["Model"],
        "cameras": sum(painted[kind] for kind in CAMERAS),
        "lights": sum(painted[kind] for kind in LIGHTS),
        "image_services": services,
        "manifests": kinds["Manifest"] - (kind == "Manifest"),
        "languages": sorted(languages - {"none", "@none"}),
        "rights": document.get("rights", document.get("license")),
    }


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
