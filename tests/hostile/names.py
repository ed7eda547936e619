"""Forty-five names that a file or a folder may have on Linux, and that break one program or another."""

from __future__ import annotations

import os

from tests.longform import LONG  # all of them, else one of each kind

#: What is no UTF-8: names as disks bring them that were written in China, Taiwan, Japan and Western Europe.
UNREADABLE = [
    "竹简".encode("gbk"),
    "甲骨".encode("gb18030") + b"\x81",
    "漢簡".encode("big5"),
    "木簡".encode("shift-jis"),
    b"caf\xe9",
]

READABLE = [
    "竹簡", "𠀀𪚥𰻞", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ", "ئۇيغۇرچە", "مخطوطة قديمة",  # Han, Ext-B, G, Tibetan, Mongolian, Arabic
    "\u202eexe.fit", "a\u200bb", "cafe\u0301", "が", "ｆｕｌｌ　ｗｉｄｔｈ",  # turned, unseen, combining, wide
    "👩‍🔬🏺", "new\nline", "tab\there", "cr\rhere", "bell\x07", "esc\x1b[31mred",  # emoji, controls
    " leading", "trailing ", "trailing.", "...", "two..dots", ".hidden",
    "-rf", "--help", "~", "$HOME", "`id`", "a;b|c&d", "quote'\"", "&<>&amp;", "<script>alert(1)<",
    "a?b#c", "%2e%2e", "100%", "a\\b", "c:d", "CON", "aux", "x" * 255,
]  # fmt: skip
assert len(UNREADABLE) + len(READABLE) == 45
_ONE_OF_EACH_KIND = {
    "𠀀𪚥𰻞", "བོད་ཡིག", "مخطوطة قديمة", "cafe\u0301", "new\nline", "esc\x1b[31mred", "trailing.", ".hidden",
    "--help", "quote'\"", "a?b#c", "%2e%2e", "a\\b", "CON", "x" * 255,
}  # fmt: skip
TRIED = [name for name in READABLE if LONG or name in _ONE_OF_EACH_KIND]
TRIED_BYTES = UNREADABLE if LONG else UNREADABLE[:1]
assert set(READABLE) >= _ONE_OF_EACH_KIND


def stem(name: str, suffix: str) -> str:
    """The name of a file with this suffix, cut so that it fits into 255 bytes."""
    room = 255 - len(suffix.encode())
    return name.encode()[:room].decode("utf-8", "ignore") + suffix


def undecoded(name: bytes) -> str:
    """Bytes as Python and the file system exchange them."""
    return os.fsdecode(name)
