"""One file, one stage. Importing this package registers every stage, kind and format.

Other packages add stages through the entry point group ``heritage3d.stages`` (a module that declares them).

Stage files stay light: the rooms with heavy libraries are imported inside the stage's function, so that
``heritage3d --help`` answers at once and says what is missing instead of failing at import.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil

for _room in ("record", "image", "quality", "photogrammetry", "mesh", "gltf", "usdz", "iiif", "hall", "exhibit"):
    importlib.import_module(f"heritage3d.{_room}.kinds")
for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
for _entry in importlib.metadata.entry_points(group="heritage3d.stages"):
    _entry.load()
