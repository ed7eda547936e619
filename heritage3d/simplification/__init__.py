"""Fewer triangles: by an error that is kept everywhere, or to a number."""
