"""Pixels: guarded reading, colour, tile pyramids, capture quality."""
