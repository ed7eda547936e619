"""What hypothesis does to sound files, bytes put elsewhere or values that are something else, and what comes of it."""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heritage3d import errors

#: How many files are tried for each parser; `make soak` raises it.
EXAMPLES = int(os.environ.get("H3D_EXAMPLES", "60"))
#: The same files each time in the short form, other ones in each long one.
TRYING = settings(
    deadline=None,
    database=None,
    derandomize="H3D_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)

_PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([
        b"\0", b"\0" * 4, b"\0" * 64, b"\xff", b"\xff" * 2, b"\xff" * 4, b"\xff" * 8, b"\x7f\xff\xff\xff",
        b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"-1", b"1e999", b"nan", b"9" * 400, b"\n", b"\r", b"\t", b'"', b"{", b"}",
        b"[", b"]", b",", b":", b"&a ", b"*a", b"!!int ''", b"!!timestamp x", b"? ", b"- ", b"../", b"%2e%2e",
        "竹简".encode("gb18030"), "竹简".encode(), b"\xef\xbb\xbf", b"\xed\xa0\x80",
    ]),
)  # fmt: skip
#: Where (a share of the file), how many bytes go, what comes in their place.
_EDITS = st.lists(
    st.tuples(st.floats(0, 1, allow_nan=False), st.integers(0, 8), _PIECES, st.booleans()), min_size=1, max_size=4
)


class File(bytes):
    """Bytes that are not printed at length where a test fails."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes: {self[:200]!s}…>" if len(self) > 200 else super().__repr__()


def _edited(whole: bytes, edits: list[tuple[float, int, bytes, bool]], upto: int) -> bytes:
    content = whole
    for share, gone, piece, longer in edits:
        at = int(share * min(upto, len(content)))
        content = content[:at] + piece + content[at + (gone if longer else len(piece)) :]
    return File(content)


def edited(whole: bytes, upto: int | None = None) -> st.SearchStrategy[bytes]:
    """The file with up to four places changed, most of them within its first ``upto`` bytes (its header)."""
    near = _EDITS.map(lambda edits: _edited(whole, edits, upto or len(whole)))
    cut = st.floats(0, 1, allow_nan=False).map(lambda share: File(whole[: int(share * len(whole))]))
    return st.one_of(near, near, _EDITS.map(lambda edits: _edited(whole, edits, len(whole))), cut)


_GONE = object()
_ODD: list[Any] = [
    None, True, -1, 0, 1, 3.5, 1e308, 2**31, 2**53, -(2**63), "", "x", "../../x", "http://[", "\0", "竹简", [], {},
    [[]], [None], [{}], {"": None}, {"none": [1]}, ["x"] * 3, [-1, 0, 1e308], [[0] * 4] * 4, {"@id": {}}, "9" * 400,
]  # fmt: skip


def _places(document: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    found = [here]
    for key, value in inside:
        found += _places(value, (*here, key)) if isinstance(value, (dict, list)) else [(*here, key)]
    return found


def _put(document: Any, place: tuple[str | int, ...], value: Any) -> Any:
    if not place:
        return {} if value is _GONE else copy.deepcopy(value)
    with contextlib.suppress(KeyError, IndexError, TypeError):  # another change took the place away
        node = functools.reduce(lambda inside, key: inside[key], place[:-1], document)
        node[place[-1]]  # a place that is gone is not made anew
        if value is _GONE:
            del node[place[-1]]
        else:
            node[place[-1]] = copy.deepcopy(value)
    return document


def changed(document: Any) -> st.SearchStrategy[Any]:
    """The document with one to three of its values gone or something else."""
    places = st.sampled_from(_places(document))
    edits = st.lists(st.tuples(places, st.sampled_from([*_ODD, _GONE, _GONE])), min_size=1, max_size=3)
    return edits.map(
        lambda chosen: functools.reduce(lambda result, edit: _put(result, *edit), chosen, copy.deepcopy(document))
    )


def stored(path: Path, content: bytes) -> Path:
    """The file with this content."""
    path.write_bytes(content)
    return path


def tried(
    sound: st.SearchStrategy[Any],
    put: Callable[[Path, Any], object],
    read: Callable[[Path], object],
    share: float = 1.0,
) -> str:
    """What became of changed files, in a line; any other exception than one with a code fails."""
    counts = {"read": 0, "refused": 0}
    lines: set[str] = set()

    @settings(TRYING, max_examples=max(5, int(EXAMPLES * share)))
    @given(sound)
    def attempt(content: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            put(Path(folder), content)
            try:
                read(Path(folder))
                counts["read"] += 1
            except errors.Heritage3dError as error:
                every = error.errors if isinstance(error, errors.ObjectErrors) else [error]
                lines.update(one.line("zh-Hans") for one in every)
                counts["refused"] += 1

    attempt()
    assert [line for line in lines if "\n" in line] == []
    return f"{sum(counts.values())} changed: {counts['read']} read, {counts['refused']} refused by code"
