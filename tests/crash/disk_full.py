"""A disk that fills up, at some levels, and one that may not be written: run as a program inside `unshare -rm`.

For each level: the run ends with H3D-601 and not otherwise, nothing partial is visible, and after space was given
the same command gives the tree of an unbroken run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from heritage3d.errors import DiskFull, OutputReadOnly
from tests.crash.every_step import digests, inline
from tests.pipeline.conftest import Batch

PAGE = 4  # KiB: what a tmpfs gives at least


def mount(folder: Path, options: str, *, again: bool = False) -> None:
    folder.mkdir(exist_ok=True)
    how = ["-o", f"{'remount,' if again else ''}{options}"]
    subprocess.run(["mount", *([] if again else ["-t", "tmpfs"]), *how, "none", str(folder)], check=True)


def prepare(folder: Path, out: Path) -> Batch:
    folder.mkdir(exist_ok=True)
    batch = Batch(folder, inline)  # type: ignore[arg-type]  the same interface
    batch.out = out
    for name in ("a", "b", "c"):
        batch.object(name, *(f"{name}{page} " * 9 for page in range(3)))
    batch.sheet("a,Alpha", "b,Beta", "c,Gamma")
    return batch


def level(root: Path, number: int, size: int, wanted: dict[str, str]) -> bool:
    """Whether the disk was full at this size."""
    disk = root / f"disk-{number}"
    mount(disk, f"size={size}k")
    batch = prepare(root / f"batch-{number}", disk / "out")
    told: DiskFull | None = None
    try:
        batch.run()
    except DiskFull as error:
        told = error
    if told is not None:
        needed, free = told.fields["needed"], told.fields["free"]
        assert needed > 0
        assert f"about {needed} bytes are needed, {free} are free" in told.line("en")
    visible = digests(batch.tree()) if batch.out.exists() else {}
    partial = [name for name, digest in visible.items() if name != "checksums.txt" and wanted.get(name) != digest]
    assert partial == [], f"level {number}: {partial}"
    mount(disk, "size=64m", again=True)
    assert batch.run().exit_status == 0
    assert digests(batch.tree()) == wanted, f"level {number}: the tree differs"
    subprocess.run(["umount", "--lazy", str(disk)], check=True)
    return told is not None


def main(root: Path, levels: int) -> None:
    unbroken = prepare(root / "unbroken", root / "unbroken" / "out")
    assert unbroken.run().exit_status == 0
    wanted = digests(unbroken.tree())
    needed = sum(-(-path.stat().st_size // 4096) * PAGE for path in unbroken.out.rglob("*") if path.is_file())
    full = [level(root, at, max(PAGE, needed * (at + 1) // levels // PAGE * PAGE), wanted) for at in range(levels)]
    print(f"disk full at {sum(full)} of {levels} levels ({needed} KiB needed): nothing partial, all resumed")
    assert sum(full) >= levels // 2
    disk = root / "read-only"
    mount(disk, "size=8m")
    mount(disk, "ro", again=True)
    try:
        prepare(root / "batch-ro", disk / "out").run()
    except OutputReadOnly as error:
        print(f"read-only: {error.line('en')}")
    else:
        raise AssertionError("a read-only disk was written")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
