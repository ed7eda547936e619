"""A signature stands for every bit: what is changed, added, taken away or reordered is found and named."""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from heritage3d import errors
from heritage3d.trust import bagit, fixity, keys, mending, merkle, signing
from heritage3d.trust.faults import Fault
from tests.trust import trees

CHANGES = int(os.environ.get("H3D_BITS", "1000"))


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("H3D_KEY_PASSPHRASE", raising=False)
    keys.make(tmp_path / "safe" / "museum.key")
    return tmp_path / "safe" / "museum.key"


def trusted(key: Path) -> frozenset[str]:
    return frozenset({keys.public(keys.public_path(key))})


def named(root: Path, key: Path) -> set[str]:
    """The files that verify names; empty where all is as signed."""
    try:
        found = [entry for entry in fixity.unchanged(root) if isinstance(entry, Fault)]
        found += [entry for entry in signing.verified(root, trusted(key), needed=True) if isinstance(entry, Fault)]
    except (errors.NotAnOutput, errors.BagUnreadable) as error:
        return {Path(error.file).name}
    return {entry.path for entry in found}


FORMS: dict[str, Callable[[Path], Path]] = {"tree": trees.tree, "package": trees.bag}
LISTS = {"checksums.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "bagit.txt"}


@pytest.mark.parametrize("form", FORMS)
def test_a_thousand_changed_bits_are_found_and_named(form: str, tmp_path: Path, key: Path) -> None:
    root = FORMS[form](tmp_path / "out")
    signing.sign(root, key)
    assert named(root, key) == set()
    files = sorted(path for path in root.rglob("*") if path.is_file())
    chance, missed = random.Random(form), []
    for _ in range(CHANGES):
        path = chance.choice(files)
        before = path.read_bytes()
        at, bit = chance.randrange(len(before)), 1 << chance.randrange(8)
        path.write_bytes(before[:at] + bytes([before[at] ^ bit]) + before[at + 1 :])
        name = path.relative_to(root).as_posix()
        if name not in named(root, key):
            missed.append((name, at, bit))
        path.write_bytes(before)
    print(f"{form}: {CHANGES - len(missed)} of {CHANGES} single-bit changes found and named")
    assert missed == []
    assert named(root, key) == set()


@pytest.mark.parametrize("form", FORMS)
def test_files_and_lists_that_are_moved_about_are_found(form: str, tmp_path: Path, key: Path) -> None:
    root = FORMS[form](tmp_path / "out")
    signing.sign(root, key)
    whole = tmp_path / "whole"
    shutil.copytree(root, whole)
    data = "data/" if form == "package" else ""
    page = f"{data}objects/竹简 000/pages/p0/0,0,512,512/512,/0/default.jpg"
    listed = root / ("manifest-sha256.txt" if form == "package" else "checksums.txt")

    def again() -> None:
        shutil.rmtree(root)
        shutil.copytree(whole, root)

    (root / data / "objects" / "added.jpg").write_bytes(b"x")
    assert f"{data}objects/added.jpg" in named(root, key)
    again()
    (root / page).unlink()
    assert page in named(root, key)
    again()
    lines = listed.read_text("utf-8").splitlines(keepends=True)
    listed.write_text("".join([lines[1], lines[0], *lines[2:]]), "utf-8")
    assert listed.name in named(root, key)
    again()
    (root / page).write_bytes(b"other")  # and the list is brought in line, as somebody with intent would do
    text = listed.read_text("utf-8").splitlines(keepends=True)
    name = page.removeprefix("data/") if form == "tree" else page
    digest = bagit.sha256_of(root / page)
    listed.write_text(
        "".join(f"{digest}  {name}\n" if line.endswith(f"  {name}\n") else line for line in text), "utf-8"
    )
    if form == "package":
        (root / "tagmanifest-sha256.txt").unlink()
        bagit.finish(root, dict(bagit.metadata(root, bagit.read(root))))
    assert ("tagmanifest-sha256.txt" if form == "package" else listed.name) in named(root, key)
    again()
    (root / "signature.json").unlink()
    assert named(root, key) == {"signature.json"}


def test_another_key_is_refused_and_an_unknown_one_is_told(tmp_path: Path, key: Path) -> None:
    root = trees.tree(tmp_path / "out")
    other = tmp_path / "safe" / "other.key"
    keys.make(other)
    signing.sign(root, other)
    assert named(root, key) == {"signature.json"}
    (said,) = signing.verified(root, trusted(key), needed=False)
    assert isinstance(said, signing.Signed)
    assert not said.trusted
    (said,) = signing.verified(root, trusted(other), needed=True)
    assert isinstance(said, signing.Signed)
    assert said.trusted


def test_a_damaged_tree_is_not_signed(tmp_path: Path, key: Path) -> None:
    root = trees.tree(tmp_path / "out")
    (root / "objects" / "竹简 001" / "thumbnail.jpg").write_bytes(b"x")
    with pytest.raises(errors.TreeNotIntact) as caught:
        signing.sign(root, key)
    assert "objects/竹简 001/thumbnail.jpg" in caught.value.line("en")
    assert not (root / "signature.json").exists()


@pytest.mark.parametrize("mark", ["checksums.txt", "bagit.txt", "objects.csv", ".heritage3d", ".git"])
def test_no_private_key_in_a_folder_that_is_copied(mark: str, tmp_path: Path) -> None:
    (tmp_path / mark).mkdir()
    with pytest.raises(errors.KeyInTree):
        keys.make(tmp_path / "deep" / "museum.key")
    assert not (tmp_path / "deep").exists()


def test_a_key_is_secret_and_never_overwritten(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(errors.KeyExists):
        keys.make(key)
    assert b"PRIVATE" not in keys.public_path(key).read_bytes()


def test_a_passphrase_locks_the_key(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("H3D_KEY_PASSPHRASE", "竹简")
    locked = tmp_path / "safe" / "locked.key"
    keys.make(locked)
    assert keys.private(locked)
    for wrong in ("other", ""):
        monkeypatch.setenv("H3D_KEY_PASSPHRASE", wrong)
        with pytest.raises(errors.KeyUnusable):
            keys.private(locked)


@pytest.mark.parametrize("content", [b"", b"heritage3d-ed25519 eA==\n", b"\xff\xfe", b"ssh-ed25519 AAAA\n"])
def test_what_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(errors.KeyUnusable):
        keys.public(tmp_path / "k")
    with pytest.raises(errors.KeyUnusable):
        keys.private(tmp_path / "k")


def test_the_root_is_that_of_rfc_6962() -> None:
    """A list of seven by the division into powers of two, written out."""
    import hashlib

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    listed = [(str(at), hashlib.sha256(bytes([at])).hexdigest()) for at in range(7)]
    a, b, c, d, e, f, g = (merkle._leaf(*entry) for entry in listed)
    expected = node(node(node(a, b), node(c, d)), node(node(e, f), g))
    assert merkle.root_of(listed) == expected.hex()


# --- repair -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_second_copy_mends_what_is_damaged(form: str, tmp_path: Path, key: Path) -> None:
    root = FORMS[form](tmp_path / "out")
    signing.sign(root, key)
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    chance, damaged = random.Random(3), 0
    for path in sorted(before):
        choice = chance.randrange(4)
        damaged += choice < 2
        if choice == 0:
            path.unlink()
        elif choice == 1:
            path.write_bytes(before[path][:-1] + bytes([before[path][-1] ^ 1]))
    (root / "data" / "stranger.txt" if form == "package" else root / "stranger.txt").write_text("x")
    done = mending.mend(root, copy)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert named(root, key) == set()
    assert len(done.mended) == damaged
    assert done.set_aside is not None
    assert len([path for path in done.set_aside.rglob("*") if path.is_file()]) == 1
    print(f"{form}: {damaged} of {len(before)} files damaged, all mended")


def test_two_copies_damaged_in_different_files_mend_each_other(tmp_path: Path) -> None:
    root = trees.tree(tmp_path / "out")
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    (root / "objects" / "竹简 000" / "thumbnail.jpg").write_bytes(b"x")
    (copy / "objects" / "竹简 001" / "thumbnail.jpg").write_bytes(b"x")
    assert mending.mend(root, copy).mended == ("objects/竹简 000/thumbnail.jpg",)
    assert mending.mend(copy, root).mended == ("objects/竹简 001/thumbnail.jpg",)
    assert mending.mend(copy, root).mended == ()


def test_what_is_lost_in_both_is_named(tmp_path: Path) -> None:
    root = trees.tree(tmp_path / "out")
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    for folder in (root, copy):
        (folder / "objects" / "竹简 002" / "thumbnail.jpg").write_bytes(os.urandom(3))
    with pytest.raises(errors.CopyUnfit) as caught:
        mending.mend(root, copy)
    assert caught.value.file == "objects/竹简 002/thumbnail.jpg"


def test_another_edition_mends_nothing(tmp_path: Path) -> None:
    root, other = trees.tree(tmp_path / "out"), tmp_path / "other"
    for name in range(3):
        (other / "objects").mkdir(parents=True, exist_ok=True)
        (other / "objects" / f"{name}.jpg").write_bytes(bytes([name]))
    lines = (f"{bagit.sha256_of(path)}  objects/{path.name}\n" for path in sorted((other / "objects").iterdir()))
    (other / "checksums.txt").write_text("".join(lines))
    before = sorted(root.rglob("*"))
    (root / "objects" / "竹简 000" / "thumbnail.jpg").write_bytes(b"x")
    with pytest.raises(errors.CopyUnfit):
        mending.mend(root, other)
    assert sorted(root.rglob("*")) == before
