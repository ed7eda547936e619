"""The corpus of damaged captures through the real command: no crash, no hang, and with digests nothing silent.

The short form takes some of each kind of damage; H3D_CORPUS=all takes all 864 files (`make soak`), and
H3D_CORPUS=jpg,ply those of some formats.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.hostile import batch, corpus
from tests.hostile.batch import Fate
from tests.hostile.corpus import Case

ASKED = os.environ.get("H3D_CORPUS", "")
LONG = bool(ASKED)
GROUPS = {
    name: tuple(form for form in forms if ASKED in {"", "all"} or form in ASKED.split(","))
    for name, forms in (("images", corpus.IMAGES), ("meshes", corpus.MESHES))
}
#: Text in lines has no end that its reader could miss: cut off behind a line, only a digest tells.
UNENDED = {"obj"}


def chosen(folder: Path, group: str) -> list[Case]:
    """All cases of the group; in the short form some, of meshes those that are refused before they cost seconds."""
    if LONG:
        return list(corpus.cases(folder, GROUPS[group]))
    quick = ("cut", "empty", "lie") if group == "meshes" else ("cut", "flip", "zero", "lie", "empty", "misnamed")
    forms = [form for form in GROUPS[group] if form != "dng"]  # developing a raw picture takes seconds
    return [case for case in corpus.cases(folder, forms, step=30) if case.damage.startswith(quick)]


def laid(captures: Path, cases: Iterable[Case], *, listed: bool) -> None:
    """Each file in the folder of an object of its own, with the digest that it had when it was whole."""
    for case in cases:
        home = captures / case.id
        home.mkdir(parents=True)
        (home / case.file).write_bytes(case.content)
        if listed:
            (home / "SHA256SUMS").write_text(f"{hashlib.sha256(case.whole).hexdigest()}  {case.file}\n")


def judged(fate: Fate, sound: Fate | None) -> str:
    """refused (by a code), as before (the same pictures or model), or other (published, and another one)."""
    if not fate.published:
        return "refused" if fate.codes else "lost"
    same = sound is not None and sorted(fate.content.values()) == sorted(sound.content.values())
    return "as before" if same else "other"


def table(cases: list[Case], fates: dict[str, Fate], verdicts: dict[str, str]) -> str:
    """A line per format and kind of damage: how many of each verdict, and the codes."""
    lines = []
    for form, damage in dict.fromkeys((case.form, case.damage.partition("-")[0]) for case in cases):
        these = [case for case in cases if case.form == form and case.damage.partition("-")[0] == damage]
        counted = Counter(verdicts[case.id] for case in these)
        codes = Counter(code for case in these for code in fates[case.id].codes)
        told = ", ".join(f"{verdict} {count}" for verdict, count in sorted(counted.items()))
        lines.append(f"{form:10} {damage:9} {told:40} " + " ".join(f"{code} x{n}" for code, n in sorted(codes.items())))
    return "\n".join(lines)


@pytest.mark.parametrize("listed", [False, True], ids=["alone", "with-digests"])
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.timeout(7200)
def test_no_damaged_capture_breaks_a_run_or_passes_in_silence(group: str, listed: bool, tmp_path: Path) -> None:
    cases = chosen(tmp_path, group)
    if not cases:
        pytest.skip("no format of these was asked for")
    forms = corpus.formats(tmp_path)
    whole = GROUPS[group] if LONG or group == "images" else ()  # a model takes seconds
    sound = {form: Case(form, "sound", forms[form][0], forms[form][1], forms[form][1]) for form in whole}
    laid(tmp_path / "captures", [*cases, *sound.values()], listed=listed)
    batch.sheet(tmp_path / "captures", [case.id for case in [*cases, *sound.values()]])
    ran = batch.run(tmp_path, tmp_path / "captures")
    assert ran.faults == [], ran.said[-3000:]
    assert [case.id for case in sound.values() if not ran.fates[case.id].published] == [], ran.said[-3000:]
    verdicts = {
        case.id: judged(ran.fates[case.id], ran.fates[sound[case.form].id] if case.form in sound else None)
        for case in cases
    }
    print("\n" + table(cases, ran.fates, verdicts))
    slow = {name: round(fate.seconds, 1) for name, fate in ran.fates.items() if fate.seconds > batch.SECONDS}
    codes = {code for fate in ran.fates.values() for code in fate.codes}
    told = dict(Counter(verdicts.values()))
    print(f"{len(cases)} {group}: {told}, {len(codes)} codes, 0 crashes, 0 hangs; over {batch.SECONDS} s: {slow}")
    assert "lost" not in told
    changed = [case for case in cases if case.content != case.whole]
    if listed:
        assert [case.id for case in changed if "H3D-326" not in ran.fates[case.id].codes] == []
        assert [case.id for case in changed if verdicts[case.id] != "refused" or ran.fates[case.id].content] == []
    silent = [case for case in cases if case.damage.startswith(("cut", "empty")) and verdicts[case.id] != "refused"]
    assert [case.id for case in silent if case.form not in UNENDED] == []
    assert [case.id for case in cases if case.damage == "misnamed" and verdicts[case.id] != "as before"] == []
