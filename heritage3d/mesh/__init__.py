"""Triangles: guarded reading, repair, simplification, deviation, pictures."""
