"""H3D-510 to 519: IIIF documents, and what a row says for them."""

from __future__ import annotations

from heritage3d.errors.base import ObjectError
from heritage3d.errors.captures import RecordError


class IiifError(ObjectError):
    """An IIIF document cannot be used. Fields: file, detail."""

    code = "H3D-510"


class DocumentUnreadable(IiifError):
    """A JSON document is broken, or built to break its reader. Fields: file, detail."""

    code = "H3D-511"


class DocumentTooLarge(IiifError):
    """A JSON document is larger than the limit allows. Fields: file, count, limit."""

    code = "H3D-512"


class PartUnreadable(IiifError):
    """A derivative that the manifest joins lacks what the manifest needs of it. Fields: file, detail."""

    code = "H3D-513"


class LinkUnusable(RecordError):
    """A cell that links to something names no web address. Fields: file, row, column, value."""

    code = "H3D-514"


class DateUnusable(RecordError):
    """The date for timelines is none. Fields: file, row, column, value."""

    code = "H3D-515"


class StartUnknown(IiifError):
    """The page that an object opens with is none of its pages and models. Fields: value."""

    code = "H3D-516"
