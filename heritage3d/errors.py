"""The one exception tree: each class is one thing that can go wrong, with a code, an exit status and a cure.

The text lives in ``heritage3d/messages`` under the code, in every language; a class only names the
fields that the text needs.

    Heritage3dError
    ├── UsageError            exit 2   H3D-1xx  wrong use of a command or a wrong workflow
    ├── CapturesError         exit 3   H3D-2xx  the captures folder or its sheet cannot be used at all
    ├── ObjectError           exit 1   H3D-3xx… one object, page or model is at fault; the others go on
    │   ├── RecordError                H3D-25x  a row, a page list, a scale file
    │   ├── ImageError                 H3D-3xx  pixels
    │   ├── MeshError                  H3D-4xx  triangles and glTF
    │   ├── IiifError                  H3D-5xx  IIIF documents
    │   └── JobError                   H3D-7xx  a job that crashed, hung or was killed
    ├── OutputError           exit 4   H3D-6xx  the place of the results cannot be written
    ├── EngineError           exit 5   H3D-75x  scheduler or workers are gone
    ├── PartMissing           exit 6   H3D-8xx  a part of the installation is missing
    └── BusyError             exit 75  H3D-690  another run holds the output
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class Heritage3dError(Exception):
    """Base of every error that a person may meet.

    Fields are plain strings and numbers: they fill the message, go to the report and survive pickling.
    ``file`` (a path as the person knows it) and ``object`` (the object's id) are understood everywhere.
    """

    code: ClassVar[str] = "H3D-900"
    exit_status: ClassVar[int] = 70

    def __init__(self, **fields: Any) -> None:
        self.fields: dict[str, Any] = {name: _plain(value) for name, value in fields.items()}
        super().__init__(self.line("en"))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.fields)

    @property
    def file(self) -> str:
        return str(self.fields.get("file", ""))

    def what(self, language: str | None = None) -> str:
        """What is wrong, in one sentence."""
        from heritage3d import messages

        return messages.error(self.code, "what", self.fields, language)

    def cure(self, language: str | None = None) -> str:
        """What the person can do about it, in one sentence."""
        from heritage3d import messages

        return messages.error(self.code, "cure", self.fields, language)

    def line(self, language: str | None = None) -> str:
        """The one line that a person reads: code, object, file, what, cure."""
        where = " ".join(str(self.fields[name]) for name in ("object", "file") if self.fields.get(name))
        head = f"{self.code} {where}" if where else self.code
        return " ".join(f"{head}: {self.what(language)} {self.cure(language)}".split())

    def __str__(self) -> str:
        return self.line()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def _rebuild(cls: type[Heritage3dError], fields: dict[str, Any]) -> Heritage3dError:
    return cls(**fields)


def tree(root: type[Heritage3dError] = Heritage3dError) -> Iterator[type[Heritage3dError]]:
    """Every class of the tree that has a code of its own, parents first."""
    if "code" in vars(root):
        yield root
    for child in root.__subclasses__():
        yield from tree(child)


# --- H3D-1xx wrong use ------------------------------------------------------------------------------------


class UsageError(Heritage3dError):
    """An option or argument cannot be used as given. Fields: detail."""

    code, exit_status = "H3D-100", 2


class WorkflowNotFound(UsageError):
    """No such workflow file and none of that name is shipped. Fields: workflow, known."""

    code = "H3D-110"


class WorkflowError(UsageError):
    """A workflow does not fit its schema or its steps do not fit together. Fields: file (file:line), detail."""

    code = "H3D-111"


class UnknownObject(UsageError):
    """--only names an object that the sheet does not have. Fields: object."""

    code = "H3D-120"


class NotAnOutput(UsageError):
    """The folder given was not made by a run. Fields: file."""

    code = "H3D-121"


class UnknownFormat(UsageError):
    """`info` or `check` does not know this file. Fields: file."""

    code = "H3D-122"


# --- H3D-2xx the captures ---------------------------------------------------------------------------------


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


class ObjectError(Heritage3dError):
    """One object is at fault; the others go on. Fields: file, detail."""

    code, exit_status = "H3D-300", 1


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


class PageListError(RecordError):
    """A row of pages.csv cannot be used. Fields: file, row, column, value, detail."""

    code = "H3D-254"


class CaptureChanged(ObjectError):
    """A capture changed while the run was reading it. Fields: file."""

    code = "H3D-255"


class CaptureUnreadable(ObjectError):
    """A capture cannot be opened (rights, disk). Fields: file, detail."""

    code = "H3D-256"


class UnknownCapture(ObjectError):
    """A file in pages/, photos/ or mesh/ is of no format that we read. Fields: file, detail."""

    code = "H3D-257"


# --- H3D-3xx pixels ---------------------------------------------------------------------------------------


class ImageError(ObjectError):
    """An image cannot be decoded. Fields: file, detail."""

    code = "H3D-310"


class ImageTruncated(ImageError):
    """An image ends before its last line. Fields: file, detail."""

    code = "H3D-311"


class ImageFormatUnknown(ImageError):
    """The content is of no image format that we read. Fields: file, detail."""

    code = "H3D-312"


class ImageTooLarge(ImageError):
    """The header claims more pixels than the limit allows. Fields: file, pixels, limit."""

    code = "H3D-313"


class ImageEmpty(ImageError):
    """The file holds no byte. Fields: file."""

    code = "H3D-314"


class ImageUnsupported(ImageError):
    """A known format in a variant that no decoder here reads. Fields: file, detail."""

    code = "H3D-315"


# --- H3D-4xx triangles and glTF ---------------------------------------------------------------------------


class MeshError(ObjectError):
    """A mesh cannot be read. Fields: file, detail."""

    code = "H3D-410"


class MeshFormatUnknown(MeshError):
    """The content is of no mesh format that we read. Fields: file, detail."""

    code = "H3D-411"


class MeshEmpty(MeshError):
    """There is no triangle in it. Fields: file."""

    code = "H3D-412"


class MeshNotFinite(MeshError):
    """Positions are NaN or infinite. Fields: file, count."""

    code = "H3D-413"


class MeshIndexOutOfRange(MeshError):
    """A face names a vertex that does not exist. Fields: file, index, vertices."""

    code = "H3D-414"


class MeshTooLarge(MeshError):
    """More triangles, vertices or bytes than the limit allows. Fields: file, count, limit, what."""

    code = "H3D-415"


class UnsafeReference(MeshError):
    """A model names a file outside its own folder. Fields: file, reference."""

    code = "H3D-416"


class CompanionMissing(MeshError):
    """A texture, material or buffer that a model names is not there. Fields: file, reference."""

    code = "H3D-417"


class GltfInvalid(MeshError):
    """A glTF file breaks the specification. Fields: file, detail."""

    code = "H3D-418"


# --- H3D-5xx IIIF -----------------------------------------------------------------------------------------


class IiifError(ObjectError):
    """An IIIF document cannot be used. Fields: file, detail."""

    code = "H3D-510"


# --- H3D-6xx the place of the results ---------------------------------------------------------------------


class OutputError(Heritage3dError):
    """The output cannot be written. Fields: file, detail."""

    code, exit_status = "H3D-600", 4


class DiskFull(OutputError):
    """No space is left. Fields: file, needed, free."""

    code = "H3D-601"


class OutputReadOnly(OutputError):
    """The output folder may not be written. Fields: file."""

    code = "H3D-602"


class OutputIsFile(OutputError):
    """The output names a file where a folder is needed. Fields: file."""

    code = "H3D-603"


class DestinationInUse(OutputError):
    """A single stage was asked to write where other files lie. Fields: file."""

    code = "H3D-604"


class BusyError(OutputError):
    """Another run holds the output. Fields: file, owner, since."""

    code, exit_status = "H3D-690", 75


# --- H3D-7xx jobs and engine ------------------------------------------------------------------------------


class JobError(ObjectError):
    """A job failed in a way that no stage foresaw. Fields: file, stage, detail."""

    code = "H3D-700"


class JobCrashed(JobError):
    """Native code crashed on this file. Fields: file, stage, detail."""

    code = "H3D-701"


class JobTimeout(JobError):
    """The job ran longer than its limit. Fields: file, stage, seconds."""

    code = "H3D-702"


class JobKilled(JobError):
    """The worker was killed from outside, or went over its memory. Fields: file, stage, limit."""

    code = "H3D-703"


class JobNotRun(JobError):
    """A job waited for another one that failed. Fields: file, stage."""

    code = "H3D-704"


class EngineError(Heritage3dError):
    """The Dask scheduler or all workers are gone. Fields: detail."""

    code, exit_status = "H3D-750", 5


# --- H3D-8xx installation ---------------------------------------------------------------------------------


class PartMissing(Heritage3dError):
    """A library or program that this step needs is not installed. Fields: part, detail."""

    code, exit_status = "H3D-800", 6


class Interrupted(Heritage3dError):
    """The person pressed Ctrl-C. Fields: none."""

    code, exit_status = "H3D-910", 130
