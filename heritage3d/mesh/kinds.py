"""The kinds and formats of this room: what counts as a mesh capture."""

from __future__ import annotations

from heritage3d.pipeline.kinds import Kind, register

register(Kind("mesh/scan", "a triangle mesh from a scanner or from photogrammetry, with its materials and textures"))
