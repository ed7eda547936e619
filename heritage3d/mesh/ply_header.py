"""The header of a PLY: what it claims to hold, in which form, and where the data begin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from heritage3d.errors import MeshError

_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
MOST_HEADER = 1 << 20


@dataclass
class Property:
    """One property of an element; ``length`` is the type of the count where it is a list."""

    name: str
    dtype: str
    length: str | None = None


@dataclass
class Element:
    """One element of the header."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)

    def flat(self) -> bool:
        """Whether every row is equally long."""
        return not any(entry.length for entry in self.properties)


@dataclass
class Header:
    """The header of a PLY: its form ("ascii", "<", ">"), elements, texture names and where the data begin."""

    form: str
    elements: list[Element]
    textures: list[str]
    start: int

    def element(self, name: str) -> Element | None:
        """The element of that name."""
        return next((entry for entry in self.elements if entry.name == name), None)


def is_ascii(head: bytes) -> bool:
    """Whether the header says that the data are text."""
    return re.search(rb"^format\s+ascii", head[:MOST_HEADER].replace(b"\r", b"\n"), re.MULTILINE) is not None


def header(name: str, data: bytes) -> Header:
    """Read the header; every claim is checked against the bytes that are there. Raises MeshError."""
    end = data.find(b"end_header", 0, MOST_HEADER)
    if end < 0:
        raise MeshError(file=name, detail="the header has no end")
    stop = end + len(b"end_header")
    # A lone carriage return ends a line too, and "\r\n" must not leave its second half to the data.
    start = stop + (2 if data[stop : stop + 2] == b"\r\n" else 1)
    result = Header("", [], [], start)
    for line in data[:end].decode("utf-8", "replace").splitlines()[1:]:
        try:
            _line(result, line)
        except (IndexError, KeyError, ValueError) as error:
            raise MeshError(file=name, detail=f"the header line '{line[:60]}' cannot be understood") from error
    if not result.form:
        raise MeshError(file=name, detail="the header names no format")
    return result


def _line(result: Header, line: str) -> None:
    words = line.split()
    if not words or words[0] == "obj_info":
        return
    if words[0] == "comment":
        if len(words) > 2 and words[1] == "TextureFile":
            result.textures.append(line.split("TextureFile", 1)[1].strip())
    elif words[0] == "format":
        result.form = {"ascii": "ascii", "binary_little_endian": "<", "binary_big_endian": ">"}[words[1]]
    elif words[0] == "element":
        count = int(words[2])
        if count < 0:
            raise ValueError(count)
        result.elements.append(Element(words[1], count))
    elif words[0] == "property" and words[1] == "list":
        length = _TYPES[words[2]]
        if length[0] == "f":
            raise ValueError(length)
        result.elements[-1].properties.append(Property(words[4], _TYPES[words[3]], length))
    elif words[0] == "property":
        result.elements[-1].properties.append(Property(words[2], _TYPES[words[1]]))
    else:
        raise ValueError(line)
