"""The programs of this folder that fork, mount disks or kill, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONG = "H3D_KILLS" in os.environ  # every step (`make soak`), else some


def said_by(program: str, *given: object, inside: Sequence[str] = (), seconds: float = 900) -> str:
    """What ``python -m tests.crash.PROGRAM GIVEN …`` prints; it must end well.

    ``inside``: the command that it is started by, such as ``unshare``.
    """
    done = subprocess.run(
        [*inside, sys.executable, "-m", f"tests.crash.{program}", *(str(entry) for entry in given)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
