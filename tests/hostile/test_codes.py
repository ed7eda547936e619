"""Every code of an error is met by some test, or stands here with the reason why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heritage3d import errors
from heritage3d.pipeline.job import Spec, as_error

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).name
FAMILIES = {
    "TrustError",
    "RecordError",
    "PageListError",
}  # raised through the classes below them, or as themselves by other rooms
UNTESTED: set[str] = set()  # raised, and no test of it yet


def _tests() -> str:
    paths = (path for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts and path.name != HERE)
    return "\n".join(path.read_text("utf-8") for path in paths)


def test_every_code_is_met_by_a_test() -> None:
    text = _tests()
    every = list(errors.tree())
    met = {entry.__name__ for entry in every if entry.code in text or re.search(rf"\b{entry.__name__}\b", text)}
    here = {"PartMissing", "OutputReadOnly", "EngineError"}
    missing = {entry.__name__ for entry in every} - met - here - FAMILIES - UNTESTED
    print(f"{len(met | here)} of {len(every)} codes are named by tests; not yet {sorted(UNTESTED)}")
    assert missing == set()


@pytest.mark.parametrize("error", list(errors.tree()), ids=lambda entry: entry.code)
def test_every_error_is_one_line_in_both_languages(error: type[errors.Heritage3dError]) -> None:
    if error is errors.ObjectErrors:
        return
    for fields in ({}, {"file": "a\nb", "object": "竹\r简", "detail": "x\ny", "value": "\u2028"}):
        for language in ("en", "zh-Hans"):
            line = error(**fields).line(language)
            assert line.startswith(error.code)
            assert "\n" not in line
            assert "\r" not in line


def test_a_library_that_is_missing_is_named(tmp_path: Path) -> None:
    spec = Spec("o", "s", "", "tile", "m", (), {}, tmp_path / "w", tmp_path / "k", "")
    found = as_error(ModuleNotFoundError("No module named 'open3d'", name="open3d"), spec)
    assert isinstance(found, errors.PartMissing)
    assert "open3d" in found.line("en")
