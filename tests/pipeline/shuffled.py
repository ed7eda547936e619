"""The command ``heritage3d`` on a computer that lists every folder in another order.

Run as ``python -m tests.pipeline.shuffled run …``; workers import this file again, and list in that order too.
H3D_SHUFFLE seeds it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

_CHANCE = random.Random(os.environ.get("H3D_SHUFFLE", "1"))


class Listing:
    """What ``os.scandir`` gives, in an order of its own."""

    def __init__(self, real: Any) -> None:
        with real:
            self._entries = list(real)
        _CHANCE.shuffle(self._entries)
        self._left = iter(self._entries)

    def __iter__(self) -> Iterator[Any]:
        return self._left

    def __next__(self) -> Any:
        return next(self._left)

    def __enter__(self) -> Listing:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open any more."""


def _scandir(*given: Any, _real: Callable[..., Any] = os.scandir) -> Listing:
    return Listing(_real(*given))


def _listdir(*given: Any, _real: Callable[..., Any] = os.listdir) -> list[Any]:
    names = _real(*given)
    _CHANCE.shuffle(names)
    return names


os.scandir = _scandir  # type: ignore[assignment]
os.listdir = _listdir  # type: ignore[assignment]

if __name__ == "__main__":
    from heritage3d.cli import main

    main()
