"""Exhibitions: the static site of a collection."""
