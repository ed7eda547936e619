"""Our bags against bagit-python, and other people's bags against the Library of Congress' conformance suite."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from heritage3d import errors
from heritage3d.trust import bagit, judging_bags
from heritage3d.trust.faults import Fault
from tests.trust import trees

# What the copy of the suite lacks: systems that ignore cases or hide files lost them on the way.
LOST = {"duplicate-file-with-different-case": "data/HELLO.txt", "special-system-files": "data/.DS_Store"}


def judged(root: Path) -> tuple[bool, bool]:
    """Whether a bag is valid, and whether anything was said of it."""
    try:
        found = [entry for entry in judging_bags.judge(root) if isinstance(entry, Fault)]
    except errors.BagUnreadable:
        return False, True
    return not any(entry.severity == "error" for entry in found), bool(found)


def test_other_tools_accept_our_bags(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bagit asks for an old way to read its own version
        import bagit as theirs

    root = trees.bag(tmp_path / "bag")
    theirs.Bag(str(root)).validate()
    assert judged(root) == (True, False)
    (root / "signature.json").write_text("{}")
    theirs.Bag(str(root)).validate()
    assert judged(root) == (True, False)


def test_the_same_payload_gives_the_same_bag(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        root = trees.bag(tmp_path / name)
        contents.append({path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()})
    assert contents[0] == contents[1]


def test_names_with_line_ends_and_percent_signs_survive(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("100%.txt", "two\nlines.txt", "%0A.txt", "%7E.txt"):
        (tmp_path / "data" / name).write_text(name)
    bagit.finish(tmp_path, {})
    assert judged(tmp_path) == (True, False)


def test_the_conformance_suite(data: Path) -> None:
    """Every bag of the suite, whatever the system: the outside paths of Windows are refused on Linux too."""
    suite = data / "packages" / "bagit-conformance"
    counts: dict[str, list[int]] = {}
    wrong = []
    for folder in sorted(path for path in suite.glob("v*/*/*") if path.is_dir()):
        category = folder.parent.name
        valid, said = judged(folder)
        if folder.name in LOST and not (folder / LOST[folder.name]).exists():
            found = [entry for entry in judging_bags.judge(folder) if isinstance(entry, Fault)]
            valid = {entry.path for entry in found if entry.why == "missing"} == {LOST[folder.name]}
        right = {"valid": valid, "warning": valid and said}.get(category, not valid)
        counts.setdefault(category, [0, 0])[0] += right
        counts[category][1] += 1
        if not right:
            wrong.append(f"{folder.relative_to(suite)}: valid {valid}, said {said}")
    for category, (right, all_) in counts.items():
        print(f"{category}: {right} of {all_} judged right")
    assert wrong == []
    assert sum(all_ for _right, all_ in counts.values()) == 60


@pytest.mark.parametrize("encoding", ["hex", "idna", "undefined", "no-such", "utf-8\0"])
@pytest.mark.parametrize("version", ["1.0", "1." + "9" * 5000])
def test_an_encoding_of_other_things_than_text_is_refused(encoding: str, version: str, tmp_path: Path) -> None:
    (tmp_path / "bagit.txt").write_text(f"BagIt-Version: {version}\nTag-File-Character-Encoding: {encoding}\n")
    (tmp_path / "manifest-sha256.txt").write_bytes(b"0" * 64 + b"  data/\xff\n")
    with pytest.raises(errors.BagUnreadable):
        bagit.read(tmp_path)
