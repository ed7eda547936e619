"""pycolmap, silenced: the one place that imports it, so that it neither prints nor guesses at threads."""

from __future__ import annotations

import faulthandler
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from heritage3d.errors import PartMissing, PhotogrammetryError

SEED = 0


def pycolmap() -> Any:
    """The library with its log switched off. Raises PartMissing."""
    try:
        import pycolmap as library
    except ImportError as error:
        raise PartMissing(part="pycolmap", detail=str(error)) from None
    library.logging.minloglevel = int(library.logging.FATAL.value)
    library.logging.stderrthreshold = int(library.logging.FATAL.value)
    library.set_random_seed(SEED)
    return library


@contextmanager
def guarded(file: str, doing: str) -> Iterator[None]:
    """Turn what the library throws into PhotogrammetryError, and keep what it prints from the terminal.

    It prints from C++, so the descriptors are turned aside and not ``sys.stdout``; a process does one such thing
    at a time. Should the library bring the process down, where it happened is still told on the terminal.
    """
    with tempfile.TemporaryFile() as aside:
        kept = [(number, os.dup(number)) for number in (1, 2)]
        watched = not faulthandler.is_enabled()
        if watched:
            faulthandler.enable(kept[1][1], all_threads=False)
        try:
            for number, _copy in kept:
                os.dup2(aside.fileno(), number)
            yield
        except (RuntimeError, ValueError, IndexError, TypeError, ArithmeticError) as error:
            text = " ".join(str(error).split())[:160].rstrip(".")
            raise PhotogrammetryError(file=file, detail=f"{doing}: {text or type(error).__name__}") from None
        finally:
            if watched:
                faulthandler.disable()
            for number, copy in kept:
                os.dup2(copy, number)
                os.close(copy)
