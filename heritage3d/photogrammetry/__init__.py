"""Cameras: features, structure from motion, depth, fusion, scale."""
