"""A folder as a series: gaps in the numbers, pages shot twice, captures unlike the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heritage3d.errors import Heritage3dError, ObjectErrors
from heritage3d.image.header import Header
from heritage3d.quality import sequence
from heritage3d.quality.fingerprint import Fingerprint, candidates, is_same
from heritage3d.quality.glance import LIMITS
from heritage3d.quality.measure import Finding
from heritage3d.record.pages import pages_in_order

_MOST_ALIKE = 0.8  # a fact that this share of a volume agrees on is its rule
_FEWEST = 4
_SIZE = 0.02  # of width and height; crops by hand differ by less than that from page to page, or they all differ
_SOFTER = 2.0  # times the blur of the volume
_SOFT = 1.3  # px; below nobody sees the difference


@dataclass(frozen=True)
class Capture:
    """What the series needs to know of one good capture. ``name`` is shown, ``blur`` in px or None."""

    name: str
    header: Header
    profile: str
    print: Fingerprint
    blur: float | None


def findings(captures: Sequence[Capture], files: Sequence[str], page_list: Path | None = None) -> list[Finding]:
    """Of one folder: ``captures`` that could be read, ``files`` all its images (names), in natural order.

    ``page_list`` is its pages.csv, where there is one: then its labels count, and files that it misses.
    """
    found = [*_of_numbers(files, page_list), *_of_copies(captures), *_of_facts(captures), *_of_focus(captures)]
    return sorted(found, key=lambda entry: ("fail", "warn", "pass").index(entry.verdict))


def _of_numbers(files: Sequence[str], page_list: Path | None) -> list[Finding]:
    if page_list is None:
        return sequence.sequence_findings([Path(file).stem for file in files])
    try:
        pages = pages_in_order(files, page_list)
    except ObjectErrors as faults:
        return [_fault(error) for error in faults.errors]
    except Heritage3dError as error:
        return [_fault(error)]
    return sequence.sequence_findings([next(iter(page.label.values()))[0] for page in pages])


def _fault(error: Heritage3dError) -> Finding:
    return Finding("page_list", "fail", {"line": error.line(), "code": error.code})


def _of_copies(captures: Sequence[Capture]) -> list[Finding]:
    """Captures that show the same content; blank pages, which nothing tells apart, in one finding of their own."""
    blank = [capture.name for capture in captures if capture.print.blank]
    written = [capture for capture in captures if not capture.print.blank]
    prints = [capture.print for capture in written]
    groups: dict[int, list[int]] = {}
    known = set[int]()
    for first, second in candidates(prints):
        if first not in known and second not in known and is_same(prints[first], prints[second]):
            groups.setdefault(first, [first]).append(second)
            known.add(second)
    found = [
        Finding("same_content", "warn", {"pages": ", ".join(written[at].name for at in group)})
        for group in groups.values()
    ]
    if len(blank) > 1:
        found.append(Finding("blank_pages", "pass", {"count": len(blank), "pages": ", ".join(blank[:8])}))
    return found


def _of_facts(captures: Sequence[Capture]) -> list[Finding]:
    """Captures whose bits, profile, resolution or size differ from what nearly all others have."""
    facts: dict[str, Callable[[Capture], Any]] = {
        "format_differs": lambda capture: capture.header.format,
        "depth_differs": lambda capture: capture.header.bits,
        "profile_differs": lambda capture: capture.profile,
        "ppi_differs": lambda capture: round(capture.header.ppi) if capture.header.ppi else None,
    }
    found = []
    for name, fact in facts.items():
        found.extend(_unlike(name, [(capture.name, fact(capture)) for capture in captures]))
    return [*found, *_of_sizes(captures)]


def _unlike(name: str, told: list[tuple[str, Any]]) -> list[Finding]:
    if len(told) < _FEWEST:
        return []
    usual, count = Counter(value for _name, value in told).most_common(1)[0]
    if count == len(told) or count < _MOST_ALIKE * len(told):
        return []
    shown = "–" if usual is None else usual
    return [
        Finding(name, "warn", {"file": file, "value": "–" if value is None else value, "usual": shown})
        for file, value in told
        if value != usual
    ]


def _of_sizes(captures: Sequence[Capture]) -> list[Finding]:
    if len(captures) < _FEWEST:
        return []
    sizes = np.array([capture.header.upright for capture in captures])
    usual = np.median(sizes, axis=0)
    near = (np.abs(sizes - usual) <= _SIZE * usual).all(1)
    if near.all() or near.mean() < _MOST_ALIKE:
        return []
    return [
        Finding(
            "size_differs",
            "warn",
            {
                "file": capture.name,
                "value": f"{size[0]} × {size[1]}",
                "usual": f"{int(usual[0])} × {int(usual[1])}",
            },
        )
        for capture, size, alike in zip(captures, sizes, near, strict=True)
        if not alike
    ]


def _of_focus(captures: Sequence[Capture]) -> list[Finding]:
    """Captures that are softer than the rest, though not so soft that their own inspection says it."""
    known = [(capture.name, capture.blur) for capture in captures if capture.blur is not None]
    if len(known) < _FEWEST:
        return []
    usual = float(np.median([blur for _name, blur in known]))
    return [
        Finding("softer_than_series", "warn", {"file": name, "pixels": round(blur, 1), "usual": round(usual, 1)})
        for name, blur in known
        if max(_SOFT, _SOFTER * max(usual, 0.5)) <= blur < LIMITS["edge_blur"].warn
    ]
