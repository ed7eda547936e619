"""H3D-2xx: the captures folder, its sheet, a row of it, a list beside the captures."""

from __future__ import annotations

from heritage3d.errors.base import Heritage3dError, ObjectError


class CapturesError(Heritage3dError):
    """The captures folder cannot be read. Fields: file, detail."""

    code, exit_status = "H3D-200", 3


class SheetMissing(CapturesError):
    """Neither objects.csv nor objects.xlsx is in the captures folder. Fields: file."""

    code = "H3D-201"


class SheetUnreadable(CapturesError):
    """The sheet is there but cannot be read as a table. Fields: file, detail."""

    code = "H3D-202"


class SheetColumnMissing(CapturesError):
    """The sheet has no column `id`. Fields: file, found."""

    code = "H3D-203"


class SheetEmpty(CapturesError):
    """The sheet has no row. Fields: file."""

    code = "H3D-204"


class SheetAmbiguous(CapturesError):
    """Both objects.csv and objects.xlsx are there, or two spellings of one. Fields: file, other."""

    code = "H3D-205"


class SheetColumnUnusable(CapturesError):
    """The name of a column cannot be used: said twice, or with a wrong language. Fields: file, column, detail."""

    code = "H3D-206"


class RecordError(ObjectError):
    """A cell of the sheet cannot be used. Fields: file (sheet), row, column, value, detail."""

    code = "H3D-250"


class DuplicateObject(RecordError):
    """Two rows have one id (or ids that differ only in case or Unicode form). Fields: file, row, value, other."""

    code = "H3D-251"


class CaptureFolderMissing(ObjectError):
    """The object has a row but no folder. Fields: file."""

    code = "H3D-252"


class NothingToPublish(ObjectError):
    """The folder holds no page, photograph or mesh that a step of this workflow reads. Fields: file, detail."""

    code = "H3D-253"


class CaptureChanged(ObjectError):
    """A capture changed while the run was reading it. Fields: file."""

    code = "H3D-255"


class CaptureUnreadable(ObjectError):
    """A capture cannot be opened (rights, disk). Fields: file, detail."""

    code = "H3D-256"


class UnknownCapture(ObjectError):
    """A file in pages/, photos/ or mesh/ is of no format that we read. Fields: file, detail."""

    code = "H3D-257"


class CaptureOutside(ObjectError):
    """A link leads out of the folder of the object. Fields: file."""

    code = "H3D-258"


class CaptureEmpty(ObjectError):
    """A capture holds no byte. Fields: file."""

    code = "H3D-259"


class IdMissing(RecordError):
    """A row has no id. Fields: file, row, column."""

    code = "H3D-260"


class IdUnsafe(RecordError):
    """An id cannot be the name of a folder everywhere. Fields: file, row, column, value, detail."""

    code = "H3D-261"


class UnitUnknown(RecordError):
    """The unit is none of mm, cm, m, inch. Fields: file, row, column, value."""

    code = "H3D-262"


class NumberUnusable(RecordError):
    """A cell must hold a plain number above zero. Fields: file, row, column, value."""

    code = "H3D-263"


class DirectionUnknown(RecordError):
    """The viewing direction is none of the four of IIIF. Fields: file, row, column, value."""

    code = "H3D-264"


class RightsUnclear(RecordError):
    """A licence is named in part only: version or kind is missing. Fields: file, row, column, value, detail."""

    code = "H3D-265"


class RowTooLong(RecordError):
    """A row has cells beyond the last named column. Fields: file, row, column, value."""

    code = "H3D-266"


class CellUnusable(RecordError):
    """A cell holds a spreadsheet error or control characters. Fields: file, row, column, value, detail."""

    code = "H3D-267"


class TooManyCaptures(ObjectError):
    """The folder of the object holds more files than the limit allows. Fields: file, count, limit."""

    code = "H3D-268"


class CaptureNameUnreadable(ObjectError):
    """The name of a file is not valid UTF-8. Fields: file."""

    code = "H3D-269"


class PageListError(RecordError):
    """A row of pages.csv cannot be used. Fields: file, row, column, value, detail."""

    code = "H3D-254"


class PageMissing(PageListError):
    """The page list names a file that is not there. Fields: file, row, column, value."""

    code = "H3D-270"


class PageTwice(PageListError):
    """The page list names a file twice. Fields: file, row, column, value, other."""

    code = "H3D-271"


class PageUnlisted(PageListError):
    """A page lies in the folder and is not in the page list. Fields: file, value."""

    code = "H3D-272"


class SideUnknown(PageListError):
    """The side is neither recto nor verso. Fields: file, row, column, value."""

    code = "H3D-273"


class SectionUneven(PageListError):
    """The levels of a section differ between languages, or one has no name. Fields: file, row, column, value."""

    code = "H3D-278"


class PageListUnreadable(ObjectError):
    """The page list is there but cannot be read as a table. Fields: file, detail."""

    code = "H3D-274"


class AnnotationListUnreadable(ObjectError):
    """The list of annotations is there but cannot be read as a table. Fields: file, detail."""

    code = "H3D-276"


class AnnotationUnusable(RecordError):
    """A row of annotations.csv cannot be used. Fields: file, row, column, value, detail."""

    code = "H3D-277"


class UpUnknown(RecordError):
    """The axis that points up is neither y nor z. Fields: file, row, column, value."""

    code = "H3D-275"
