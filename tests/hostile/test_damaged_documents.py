"""Sheets, workflows and manifests damaged in all the ways of the corpus: a value, or an error with a code."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from heritage3d import errors
from heritage3d.pipeline import kinds
from heritage3d.pipeline import workflow as workflows
from heritage3d.record.sheet import read_sheet
from tests.hostile import batch, corpus


def _sheet(file: Path) -> list[str]:
    return [fault.code for row in read_sheet(file.parent).rows for fault in row.errors]


def _workflow(file: Path) -> list[str]:
    workflows.load(str(file))
    return []


def _document(file: Path) -> list[str]:
    known = kinds.recognise(file)
    return [finding.code for finding in known.check(file)] if known else ["unknown"]


READERS: dict[str, Callable[[Path], list[str]]] = {
    "csv": _sheet, "xlsx": _sheet, "yaml": _workflow, "json": _document,
}  # fmt: skip


def _lies(whole: bytes, lie: int) -> bytes:
    return corpus._numbers(whole, lie)


def _zip_lies(whole: bytes, lie: int) -> bytes:
    """Fields of the central directory of a workbook (APPNOTE 4.3.12) claim the most that they can hold."""
    entry = whole.index(b"PK\1\2")
    fields = (10, 12, 16, 20, 24, 28, 30, 32, 42, 46)
    return corpus.put(whole, entry + fields[lie], b"\xff\xff")


def _refused(read: Callable[[Path], list[str]], file: Path) -> str:
    """The code, or what was read."""
    try:
        return "faults named" if read(file) else "read"
    except errors.Heritage3dError as error:
        return error.code


@pytest.mark.parametrize("form", READERS)
def test_a_damaged_document_is_read_or_refused_by_code(form: str, tmp_path: Path) -> None:
    file, whole = corpus.documents()[form]
    told: Counter[str] = Counter()
    slowest = 0.0
    cases = list(corpus.damaged(form, file, whole, _zip_lies if form == "xlsx" else _lies))
    for case in cases:
        home = tmp_path / case.damage
        home.mkdir()
        (home / file).write_bytes(case.content)
        began = time.monotonic()
        refused = _refused(READERS[form], home / file)
        assert refused not in batch.OURS | {"H3D-900"}, case.damage
        told[refused] += 1
        slowest = max(slowest, time.monotonic() - began)
    print(f"{form}: {len(cases)} documents, {dict(told)}, slowest {slowest:.1f} s")
    assert sum(told.values()) == len(cases)
    assert told["read"] < len(cases)
