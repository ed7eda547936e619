"""Fixity and provenance of what was published."""
