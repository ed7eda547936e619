"""The command ``heritage3d`` with the tiny stages of the tests; workers import this file again, hence the guard."""

from __future__ import annotations

import tests.pipeline.tiny  # noqa: F401

if __name__ == "__main__":
    from heritage3d.cli import main

    main()
