"""What a long stage has finished so far, found again after a run was killed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def begun(dest: Path, stage: str, told: bytes) -> Iterator[Path]:
    """A folder for finished parts, gone when all went well.

    Inside a run it lies beside the work folders, which are emptied when a run begins, so that what a killed run had
    finished is found again; its name is the digest of ``told``, and whoever puts parts there says in their names or
    beside them what they were made from. A run that ends well sweeps what others left. Elsewhere it lies in ``dest``.
    """
    engine = dest.parents[1] if len(dest.parents) > 1 else dest
    within = engine / "begun" if (engine / "ledger.sqlite").exists() else dest
    folder = within / f"{stage}-{hashlib.sha256(told).hexdigest()[:24]}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
