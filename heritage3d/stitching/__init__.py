"""Overlapping parts of a scroll or a slip, joined into one picture."""
