"""Tile pyramids: a master in one pass into tiles of every size, in a folder, a zip or a TIFF."""
