"""Which mesh format the first bytes of a file tell; light, because ingest asks it of every file."""

from __future__ import annotations

from typing import Literal

Name = Literal["GLB", "glTF", "PLY", "STL", "OBJ"]
_OBJ_KEYWORDS = frozenset(b"v vt vn vp f l p o g s mtllib usemtl".split())


def format_of(head: bytes, size: int) -> Name | None:
    """The mesh format that the first bytes (4 KiB are enough) tell, None where they tell none.

    A binary STL is known by its size, because it has no magic number and may begin with any text.
    """
    if head[:4] == b"glTF":
        return "GLB"
    if head.lstrip()[:4] in (b"ply\n", b"ply\r"):
        return "PLY"
    if is_binary_stl(head, size) or is_ascii_stl(head):
        return "STL"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return "glTF" if b'"asset"' in head or b'"accessors"' in head or b'"buffers"' in head else None
    text = head.decode("utf-16", "replace").encode() if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    return "OBJ" if is_obj(text.removeprefix(b"\xef\xbb\xbf")) else None


def is_binary_stl(head: bytes, size: int) -> bool:
    """80 bytes of anything, a count, 50 bytes a triangle, and nothing else."""
    return len(head) >= 84 and size == 84 + 50 * int.from_bytes(head[80:84], "little")


def is_ascii_stl(head: bytes) -> bool:
    """The text form of STL: ``solid`` and then a facet."""
    return head.lstrip()[:5].lower() == b"solid" and (b"facet" in head.lower() or b"endsolid" in head.lower())


def is_obj(head: bytes) -> bool:
    """Text in which every line begins with a keyword of OBJ, with at least one that carries geometry."""
    if b"\0" in head:
        return False
    seen = False
    lines = head.replace(b"\r", b"\n").split(b"\n")
    for line in lines[:-1] if len(lines) > 1 else lines:
        words = line.split(None, 1)
        if not words or words[0].startswith(b"#"):
            continue
        if words[0] not in _OBJ_KEYWORDS:
            return False
        seen = seen or words[0] in (b"v", b"f", b"mtllib", b"vt", b"vn")
    return seen
