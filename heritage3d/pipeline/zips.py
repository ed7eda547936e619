"""Entries of zips that we write: the same bytes whenever and on whatever machine."""

from __future__ import annotations

import zipfile

_START = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_UNIX, _RIGHTS = 3, 0o644  # whatever machine wrote it


def entry(name: str, compression: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    """An entry without a time, readable for everyone."""
    told = zipfile.ZipInfo(name, _START)
    told.create_system = _UNIX
    told.external_attr = _RIGHTS << 16
    told.compress_type = compression
    return told
