"""heritage3d: from a folder of captures to IIIF tiles, glTF models, manifests and exhibitions."""

from __future__ import annotations

__version__ = "0.1.0"
