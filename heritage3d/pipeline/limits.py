"""What one capture may claim before it is refused: pixels, bytes, triangles, files, seconds. One place.

The limits protect a night's batch from one lying header; real heritage captures stay far below them.
Each can be raised by an environment variable of its name (H3D_MAX_PIXELS=8000000000).
"""

from __future__ import annotations

import os


def _limit(name: str, default: int) -> int:
    return int(os.environ.get(f"H3D_{name}", default))


MAX_PIXELS = _limit("MAX_PIXELS", 5_000_000_000)  # a 4-gigapixel scroll passes
MAX_TRIANGLES = _limit("MAX_TRIANGLES", 50_000_000)
MAX_MESH_BYTES = _limit("MAX_MESH_BYTES", 8_000_000_000)
MAX_MATERIALS = _limit("MAX_MATERIALS", 4_096)
MAX_NODES = _limit("MAX_NODES", 100_000)  # nodes of a glTF scene, counted after expansion
MAX_FILES_PER_OBJECT = _limit("MAX_FILES_PER_OBJECT", 100_000)
MAX_SHEET_ROWS = _limit("MAX_SHEET_ROWS", 1_000_000)
MAX_SHEET_BYTES = _limit("MAX_SHEET_BYTES", 500_000_000)
MAX_JSON_BYTES = _limit("MAX_JSON_BYTES", 200_000_000)
MAX_JOB_SECONDS = _limit("MAX_JOB_SECONDS", 6 * 3600)
