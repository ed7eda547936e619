"""Triangles: guarded reading, simplification, deviation, rendering."""
