"""The body of a PLY in text: its numbers all at once, then its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.mesh import text_kernels
from heritage3d.mesh.ply_header import Element, Header

Table = dict[str, Any]  # property -> values (n,), or for a list (counts (n,), all values in one row)


def tables(data: bytes, head: Header) -> dict[str, Table]:
    """Each element by its name. Raises ValueError where the text does not fit the header."""
    body = np.frombuffer(data, np.uint8, offset=head.start)
    numbers = np.empty(text_kernels.words(body))
    if text_kernels.row_of_numbers(body, numbers) != len(numbers):
        raise ValueError("a word is no number")
    found: dict[str, Table] = {}
    at = 0
    for element in head.elements:
        found[element.name], at = _rows(numbers, element, at)
    return found


def empty(element: Element) -> Table:
    """An element without a row."""
    none = np.empty(0)
    return {e.name: (np.empty(0, np.int64), none) if e.length else none for e in element.properties}


def _rows(numbers: NDArray[np.float64], element: Element, at: int) -> tuple[Table, int]:
    """The rows of an element that begins at a number, and the number behind them: at once where all are like the
    first, else one by one."""
    if element.count == 0:
        return empty(element), at
    columns: list[tuple[int, int]] = []  # where a property begins in its row; how long its list is, -1 for none
    width = 0
    for entry in element.properties:
        length = _length(numbers, at + width) if entry.length else -1
        columns.append((width + (length >= 0), length))
        width += 1 if length < 0 else 1 + length
    end = at + width * element.count
    if end > len(numbers):
        return _one_by_one(numbers, element, at)
    rows = numbers[at:end].reshape(element.count, width)
    if not all((rows[:, start - 1] == length).all() for start, length in columns if length >= 0):
        return _one_by_one(numbers, element, at)
    table: Table = {}
    for entry, (start, length) in zip(element.properties, columns, strict=True):
        if length < 0:
            table[entry.name] = rows[:, start]
        else:
            counts = np.full(element.count, length, np.int64)
            table[entry.name] = counts, rows[:, start : start + length].reshape(-1)
    return table, end


def _length(numbers: NDArray[np.float64], at: int) -> int:
    length = float(numbers[at])
    if not 0 <= length <= len(numbers) - at or not length.is_integer():
        raise ValueError(length)
    return int(length)


def _one_by_one(numbers: NDArray[np.float64], element: Element, at: int) -> tuple[Table, int]:
    lengths: list[list[int]] = [[] for _ in element.properties]
    parts: list[list[NDArray[np.float64]]] = [[] for _ in element.properties]
    for _ in range(element.count):
        for i, entry in enumerate(element.properties):
            count = 1
            if entry.length:
                count = _length(numbers, at)
                at += 1
                lengths[i].append(count)
            if at + count > len(numbers):
                raise ValueError(at)
            parts[i].append(numbers[at : at + count])
            at += count
    table: Table = {}
    for i, entry in enumerate(element.properties):
        values = np.concatenate(parts[i])
        table[entry.name] = (np.array(lengths[i], np.int64), values) if entry.length else values
    return table, at
