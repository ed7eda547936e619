"""Scans: guarded reading of PLY, STL and OBJ, units, and where a model stands."""
