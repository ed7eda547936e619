"""libvips, opened the one safe way: unfuzzed loaders blocked, no cache of results, warnings are errors.

Import this module and never pyvips itself: the block must be set before libvips starts.
"""

from __future__ import annotations

import os

os.environ["VIPS_BLOCK_UNTRUSTED"] = "1"
os.environ.setdefault("VIPS_CONCURRENCY", "2")  # every worker runs one; a thread for each core of a server is too many
os.environ.setdefault("VIPS_WARNING", "0")  # they arrive as errors; nobody reads them on a worker's stderr

import pyvips

pyvips.block_untrusted_set(True)
pyvips.cache_set_max(0)  # every image is read once; a cache would only hold its memory

__all__ = ["pyvips"]
