"""The command ``heritage3d`` from the source tree, whatever is installed."""

from __future__ import annotations

from heritage3d.cli import main

if __name__ == "__main__":
    main()
