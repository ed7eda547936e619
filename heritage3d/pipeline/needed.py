"""A disk that fills up in the middle of a run: how much room the rest of it takes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from heritage3d.errors import DiskFull, Heritage3dError
from heritage3d.pipeline.captures import CaptureObject
from heritage3d.pipeline.workflow import Workflow


@contextlib.contextmanager
def told(workflow: Workflow, objects: Sequence[CaptureObject], captures: Path, out: Path) -> Iterator[None]:
    """Let a DiskFull that leaves the block say how many bytes are needed: those of all that is not done yet."""
    try:
        yield
    except DiskFull as full:
        from heritage3d.pipeline.estimate import estimate

        needed = int(full.fields["needed"])
        with contextlib.suppress(Heritage3dError, OSError):  # a full disk may refuse even to be asked
            foreseen = estimate(workflow, list(objects), captures=captures, out=out, workers=1)
            needed = max(needed, foreseen.bytes_out)
        raise DiskFull(**{**full.fields, "needed": needed}) from full
