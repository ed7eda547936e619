"""From the rows of the sheet to the objects of a run."""

from __future__ import annotations

from pathlib import Path

from heritage3d.errors import Heritage3dError, UnknownObject
from heritage3d.pipeline.captures import CaptureObject
from heritage3d.record.sheet import Folders, Row, read_sheet


def read_objects(captures: Path, only: list[str]) -> list[CaptureObject]:
    """The objects of a captures folder in the order of the sheet, those of ``only`` if it names any.

    A row with a fault becomes an object that fails by name. Raises CapturesError for the sheet as a
    whole and UnknownObject for an id that the sheet does not have.
    """
    rows = read_sheet(captures).rows
    for wanted in only:
        if not any(row.id == wanted for row in rows):
            raise UnknownObject(object=wanted)
    folders = Folders(captures)
    return [_object(row, captures, folders) for row in rows if not only or row.id in only]


def _object(row: Row, captures: Path, folders: Folders) -> CaptureObject:
    if row.errors:
        # The id may be missing, or that of another row: the row's number makes it one of a kind.
        return CaptureObject(f"{row.id} (row {row.number})".strip(), captures, row.cells, tuple(row.errors))
    try:
        return CaptureObject(row.id, folders.find(row.id), {"id": row.id, **row.cells})
    except Heritage3dError as error:
        return CaptureObject(row.id, captures / row.id, row.cells, (error,))
