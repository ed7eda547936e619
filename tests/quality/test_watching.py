"""A watched folder: whole files at once, partial ones when they are whole, replaced ones again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from heritage3d.image.write_tiff import write_tiff
from heritage3d.quality import watching
from tests.quality.pages import finished, page

ROOT = Path(__file__).resolve().parents[2]


def encoded(seed: int) -> bytes:
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(finished(page(seed, 500, 700))), quality=90))


class Clock:
    """Time that passes only while somebody sleeps; ``script`` says what happens meanwhile, poll by poll."""

    def __init__(self, script: Iterator[None]) -> None:
        self.moment, self.script = 0.0, script

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds
        next(self.script)


def landed(folder: Path, script: Iterator[None]) -> list[tuple[str, float, bool, bool]]:
    clock = Clock(script)
    found: list[tuple[str, float, bool, bool]] = []
    with contextlib.suppress(RuntimeError):  # the script has ended
        found.extend(
            (file.path.name, clock.moment, file.again, file.waiting)
            for file in watching.landed(folder, clock.now, clock.sleep)
        )
    return found


def polls(count: int) -> Iterator[None]:
    yield from (None for _ in range(count))


def test_a_whole_file_is_taken_at_once_and_what_lay_there_is_not(tmp_path: Path) -> None:
    (tmp_path / "old.jpg").write_bytes(encoded(0))

    def script() -> Iterator[None]:
        (tmp_path / "new.jpg").write_bytes(encoded(1))
        yield from polls(40)

    ((name, moment, again, waiting),) = landed(tmp_path, script())
    assert (name, again, waiting) == ("new.jpg", False, False)
    assert moment <= 0.7


def test_a_copy_in_progress_is_not_judged(tmp_path: Path) -> None:
    content = encoded(1)

    def script() -> Iterator[None]:
        for share in range(1, 9):  # 3 seconds without growing in between are no end
            (tmp_path / "new.jpg").write_bytes(content[: len(content) * share // 8])
            yield from polls(15)

    found = landed(tmp_path, script())
    assert [(name, waiting) for name, _moment, _again, waiting in found] == [("new.jpg", True), ("new.jpg", False)]
    assert found[1][1] > 7 * 15 * watching.POLL_SECONDS


def test_a_copy_that_stays_incomplete_is_judged_after_some_seconds(tmp_path: Path) -> None:
    def script() -> Iterator[None]:
        (tmp_path / "torn.jpg").write_bytes(encoded(1)[:-4000])
        yield from polls(60)

    found = landed(tmp_path, script())
    assert [waiting for *_rest, waiting in found] == [True, False]
    assert watching.PATIENCE_SECONDS <= found[1][1] <= watching.PATIENCE_SECONDS + 1


def test_a_length_set_in_advance_is_no_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "new.tif"
    write_tiff(
        path, iter([finished(page(1, 500, 700))]), width=500, height=700, channels=3, depth=8, compression="none"
    )
    whole = path.read_bytes()
    assert watching.is_whole(path, len(whole))
    for kept in (100, len(whole) // 2, len(whole) - 700):
        path.write_bytes(whole[:kept] + bytes(len(whole) - kept))
        assert not watching.is_whole(path, len(whole))
    path.write_bytes(whole[: len(whole) // 2])
    assert not watching.is_whole(path, len(whole) // 2)


def test_replaced_files_come_again_and_strangers_never(tmp_path: Path) -> None:
    def script() -> Iterator[None]:
        (tmp_path / "a.jpg").write_bytes(encoded(1))
        (tmp_path / "list.csv").write_text("x", "utf-8")
        (tmp_path / "a.jpg.part").write_bytes(encoded(2))
        yield from polls(10)
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "b.jpg").write_bytes(encoded(3))
        (tmp_path / "a.jpg").write_bytes(encoded(2))
        yield from polls(10)
        (tmp_path / "a.jpg").unlink()
        yield from polls(5)
        (tmp_path / "a.jpg").write_bytes(encoded(1))
        yield from polls(10)

    told = [(name, again) for name, _moment, again, _waiting in landed(tmp_path, script())]
    assert told == [("a.jpg", False), ("a.jpg", True), ("b.jpg", False), ("a.jpg", False)]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_tells_each_file_and_ends_with_a_summary(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, str(ROOT / "tests" / "command.py"), "inspect", str(tmp_path), "--watch"]
    environment = {**os.environ, "H3D_LANG": "en", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores Ctrl-C
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "Watching" in process.stderr.readline()
        (tmp_path / "1r.jpg").write_bytes(encoded(1))
        assert process.stdout.readline().startswith("1r.jpg: pass")
        (tmp_path / "1r.jpg").write_bytes(encoded(2)[:-5000])
        assert process.stdout.readline().startswith("1r.jpg (replaced): FAIL, H3D-311")
        process.send_signal(ending)
        out, err = process.communicate(timeout=60)
    assert out.splitlines()[-1] == "1 file(s): 0 pass, 0 with a warning, 1 failed."
    assert process.returncode == 1
    assert "Traceback" not in err
