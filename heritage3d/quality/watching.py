"""A folder watched during a session: each new file once it is whole, and again when it is replaced.

Sizes and times are polled, which works on network shares too. A file is taken when it has stopped changing
and its header and its end are there; one that stays incomplete is taken all the same after some seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import ImageError, ImageTruncated
from heritage3d.image.header import read_header
from heritage3d.quality.folder import is_capture
from heritage3d.record.captures import is_junk

POLL_SECONDS = 0.2
#: A file whose end is there is taken when it has not changed for so long.
SETTLED_SECONDS = 0.2
#: One whose end is not there may still be on its way.
PATIENCE_SECONDS = 5.0
_TAIL = 512

State = tuple[int, int]


@dataclass
class _Seen:
    state: State
    since: float  # when it was first seen in this state
    told: bool = False  # that it is incomplete


@dataclass(frozen=True)
class Landed:
    """A file that is whole, or as whole as it will be. ``again``: it was judged before, and was replaced.

    ``waiting``: it is not whole yet; said once for each file, and no judgement.
    """

    path: Path
    again: bool
    waiting: bool = False


def landed(
    folder: Path, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Landed]:
    """Every capture that comes to lie below ``folder`` from this call on, for ever; what lies there is skipped."""
    return _arriving(folder, dict(_states(folder)), now, sleep)


def _arriving(
    folder: Path, done: dict[Path, State], now: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Landed]:
    """``done``: the files that are known already, as they were."""
    seen: dict[Path, _Seen] = {}
    while True:
        moment = now()
        present = dict(_states(folder))
        for path in [path for path in done if path not in present]:
            del done[path]
        seen = {path: entry for path, entry in seen.items() if path in present}
        for path, state in sorted(present.items()):
            if done.get(path) == state:
                continue
            entry = seen.get(path)
            if entry is None or entry.state != state:
                seen[path] = _Seen(state, moment, entry.told if entry else False)
                continue
            rest = moment - entry.since
            if rest < SETTLED_SECONDS:
                continue
            if rest < PATIENCE_SECONDS and not is_whole(path, state[0]):
                if not entry.told:
                    entry.told = True
                    yield Landed(path, path in done, waiting=True)
                continue
            again = path in done
            done[path] = state
            del seen[path]
            if is_capture(path):
                yield Landed(path, again)
        sleep(POLL_SECONDS)


def is_whole(path: Path, size: int) -> bool:
    """Whether the header is readable and says that all is there, and the end looks like one.

    A copy may set the full length first and fill it later: the end is then zeros.
    """
    if not size:
        return False
    try:
        header = read_header(path)
        with path.open("rb") as stream:
            stream.seek(max(0, size - _TAIL))
            tail = stream.read(_TAIL)
            stream.seek(0)
            head = stream.read(12)
    except ImageTruncated:
        return False
    except ImageError:
        return not is_capture(path)  # no image at all; one that is refused may still be on its way
    except OSError:
        return False
    if header.format == "JPEG":
        return b"\xff\xd9" in tail
    if header.format == "PNG":
        return b"IEND" in tail
    if header.format == "WebP":
        return int.from_bytes(head[4:8], "little") + 8 <= size
    return any(tail)


def _states(folder: Path) -> Iterator[tuple[Path, State]]:
    """Size and time of change of every file that may be a capture; what vanishes meanwhile is passed over."""
    waiting = [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue  # a share that is gone for a moment
        for entry in entries:
            try:
                if is_junk(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.is_file():
                    told = entry.stat()
                    yield Path(entry.path), (told.st_size, told.st_mtime_ns)
            except OSError:
                continue
