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

from collections.abc import Iterator, Sequence
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
        """The file at fault, as the person knows it; "" where there is none."""
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
        said = f"{self.what(language)} {self.cure(language)}".replace("。 ", "。")
        return " ".join(f"{head}: {said}".split())

    def __str__(self) -> str:
        return self.line()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def _rebuild(cls: type[Heritage3dError], fields: dict[str, Any]) -> Heritage3dError:
    return cls(**fields)


def _rebuild_many(
    cls: type[ObjectErrors], errors: Sequence[Heritage3dError], outputs: Sequence[Any], fields: dict[str, Any]
) -> Heritage3dError:
    return cls(errors, outputs, **fields)


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


class BaseOfSome(UsageError):
    """A new base address for some of the objects would leave the others at the old one. Fields: base, old."""

    code = "H3D-112"


class UnknownObject(UsageError):
    """--only names an object that the sheet does not have. Fields: object."""

    code = "H3D-120"


class NotAnOutput(UsageError):
    """The folder given was not made by a run. Fields: file."""

    code = "H3D-121"


class BindingFailed(UsageError):
    """A published document does not tell its base address. Fields: file, detail."""

    code = "H3D-123"


class UnknownFormat(UsageError):
    """`info` or `check` does not know this file. Fields: file."""

    code = "H3D-122"


class PortInUse(UsageError):
    """`serve` was asked for a port that another program holds, or that it may not open. Fields: port, detail."""

    code = "H3D-130"


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


class SheetAmbiguous(CapturesError):
    """Both objects.csv and objects.xlsx are there, or two spellings of one. Fields: file, other."""

    code = "H3D-205"


class SheetColumnUnusable(CapturesError):
    """The name of a column cannot be used: said twice, or with a wrong language. Fields: file, column, detail."""

    code = "H3D-206"


class ObjectError(Heritage3dError):
    """One object is at fault; the others go on. Fields: file, detail."""

    code, exit_status = "H3D-300", 1


class ObjectErrors(ObjectError):
    """All that is wrong with one object, where it is more than one thing. ``errors`` holds them, in order.

    ``outputs`` is what a stage could make all the same: the steps behind it still run on that, so that
    every bad file of an object is named in one run; the object is not published.
    """

    code = "H3D-279"

    def __init__(self, errors: Sequence[Heritage3dError] = (), outputs: Sequence[Any] = (), **fields: Any) -> None:
        self.errors: list[Heritage3dError] = list(errors)
        self.outputs: list[Any] = list(outputs)
        super().__init__(**{"count": len(self.errors), **fields})

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_many, (type(self), self.errors, self.outputs, self.fields)

    def line(self, language: str | None = None) -> str:
        """One line for each of them."""
        return "\n".join(error.line(language) for error in self.errors) or super().line(language)


def gathered(faults: Sequence[Heritage3dError]) -> Heritage3dError:
    """What to raise for these faults: the one itself, or all of them as ObjectErrors."""
    return faults[0] if len(faults) == 1 else ObjectErrors(faults)


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


class ImageProfileBroken(ImageError):
    """The ICC profile is damaged or made for another kind of picture. Fields: file, detail."""

    code = "H3D-316"


class ImageRawRefused(ImageError):
    """A camera raw file that LibRaw does not develop. Fields: file, detail."""

    code = "H3D-320"


class ImageManyPages(ImageUnsupported):
    """A file holds several pictures. Fields: file, pages."""

    code = "H3D-321"


class ImageValuesUnclear(ImageUnsupported):
    """The samples are measurements, not brightness from black to white. Fields: file, detail."""

    code = "H3D-322"


class ImageTooSlow(ImageError):
    """A decoder was stopped because it took too long. Fields: file, seconds."""

    code = "H3D-323"


class ImageFormatRefused(ImageFormatUnknown):
    """The content is of a format that is known and not read. Fields: file, detail."""

    code = "H3D-324"


class ImageColoursUnclear(ImageUnsupported):
    """The file does not say what its channels mean. Fields: file, detail."""

    code = "H3D-325"


class CaptureDamaged(ObjectError):
    """A capture is not what a list of digests beside it says. Fields: file, list."""

    code = "H3D-326"


class CaptureListed(ObjectError):
    """A list of digests names a capture that is not there. Fields: file, list."""

    code = "H3D-327"


class StitchError(ObjectError):
    """Parts of a picture cannot be joined. Fields: file (a part), other (the part that it should join), detail."""

    code = "H3D-350"


class PartsDiffer(StitchError):
    """Two parts have nothing in common. Fields: file, other."""

    code = "H3D-351"


class PartsBlank(StitchError):
    """Where two parts should overlap there is nothing to recognise. Fields: file, other."""

    code = "H3D-352"


class PartsAmbiguous(StitchError):
    """Two parts fit in several places: a pattern repeats. Fields: file, other, distance_px."""

    code = "H3D-353"


class PartsLoose(StitchError):
    """Too few details fix the place of a part. Fields: file, other, ties, open_px."""

    code = "H3D-354"


class PartsTwisted(StitchError):
    """Two parts show the same place in different shapes. Fields: file, other, rms_px, limit_px."""

    code = "H3D-355"


class PartsScattered(StitchError):
    """The parts form no single row. Fields: file, other."""

    code = "H3D-356"


class StitchTooLarge(StitchError):
    """The whole would have more pixels than the limit allows. Fields: file, pixels, limit."""

    code = "H3D-357"


# --- H3D-34x corrections ----------------------------------------------------------------------------------


class SplitImpossible(ImageError):
    """A picture that is to be split always is too narrow for two pages. Fields: file, width, height."""

    code = "H3D-340"


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


class MeshUnsupported(MeshError):
    """A known format in a variant that is not read here. Fields: file, detail."""

    code = "H3D-419"


class TextureUnreadable(MeshError):
    """A texture of a model cannot be decoded. Fields: file, reference, detail."""

    code = "H3D-420"


class DeviationExceeded(MeshError):
    """A level of detail cannot be made within the deviation asked for. Fields: file, asked, reached."""

    code = "H3D-421"


class BudgetExceeded(MeshError):
    """A level of detail breaks the budget of its device. Fields: file, device, detail."""

    code = "H3D-422"


# --- H3D-43x photographs to aligned cameras ---------------------------------------------------------------


class PhotogrammetryError(ObjectError):
    """The photographs cannot be put together. Fields: file, detail."""

    code = "H3D-430"


class PhotographsTooFew(PhotogrammetryError):
    """Fewer usable photographs than a reconstruction needs. Fields: file, usable, count, needed."""

    code = "H3D-431"


class PhotographBlank(PhotogrammetryError):
    """A photograph shows nothing: black, white or one even grey. Fields: file, detail."""

    code = "H3D-432"


class PhotographBlurred(PhotogrammetryError):
    """A photograph is much less sharp than the others of its set. Fields: file, blur_px, usual_px."""

    code = "H3D-433"


class PhotographRepeated(PhotogrammetryError):
    """A photograph is the same picture as another. Fields: file, other."""

    code = "H3D-434"


class PhotographUnconnected(PhotogrammetryError):
    """A photograph shares too little with those that were put together. Fields: file, detail."""

    code = "H3D-435"


class PhotographsApart(PhotogrammetryError):
    """No photographs of the set overlap enough for a first pair. Fields: file, count."""

    code = "H3D-436"


class ScaleFileInvalid(RecordError):
    """scale.yaml cannot be used. Fields: file (file:line), detail."""

    code = "H3D-437"


class ScaleNotFound(PhotogrammetryError):
    """What scale.yaml states is not found in the photographs. Fields: file, detail."""

    code = "H3D-438"


class MaskUnfit(PhotogrammetryError):
    """A mask does not fit its photograph. Fields: file, detail."""

    code = "H3D-439"


# --- H3D-44x depth maps, points and surface ---------------------------------------------------------------


class DepthImpossible(PhotogrammetryError):
    """No photograph has another beside it to be compared with. Fields: file, detail."""

    code = "H3D-440"


class SurfaceImpossible(PhotogrammetryError):
    """The points are too few or enclose nothing. Fields: file, detail."""

    code = "H3D-441"


class DenseUnreadable(PhotogrammetryError):
    """A file that densify wrote is gone or broken. Fields: file, detail."""

    code = "H3D-442"


class TextureImpossible(PhotogrammetryError):
    """No photograph shows any part of the surface. Fields: file, detail."""

    code = "H3D-443"


class SurfaceUnreadable(PhotogrammetryError):
    """A file that surface wrote is gone or broken. Fields: file, detail."""

    code = "H3D-444"


class LengthInvalid(UsageError):
    """A length such as 0.1mm or 0.05% cannot be understood. Fields: option, value."""

    code = "H3D-451"


class DeviceUnknown(UsageError):
    """No budget is known for that device. Fields: value, known."""

    code = "H3D-452"


class TransformUnusable(UsageError):
    """A file holds no 4x4 matrix that brings one model to another. Fields: file, detail."""

    code = "H3D-460"


class UnitNeeded(UsageError):
    """Lengths are asked for of a model whose unit nobody knows. Fields: file."""

    code = "H3D-461"


# --- H3D-5xx IIIF -----------------------------------------------------------------------------------------


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


class RoomError(ObjectError):
    """room.yaml is no description of a room. Fields: file (with the line), detail."""

    code = "H3D-520"


class RoomObjectUnknown(RoomError):
    """room.yaml names an object that is not published. Fields: file, value, known."""

    code = "H3D-521"


class RoomPartUnknown(RoomError):
    """room.yaml names a page, a model or a note that the object does not have. Fields: file, value, known."""

    code = "H3D-522"


class RoomPlaceImpossible(RoomError):
    """Something cannot stand or hang where room.yaml puts it. Fields: file, value (the object), detail."""

    code = "H3D-523"


class RoomTooHeavy(RoomError):
    """The room would not hold its frame rate on a device. Fields: file, device, detail."""

    code = "H3D-524"


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


# --- H3D-64x…68x keys, signatures, packages, provenance ---------------------------------------------------


class TrustError(Heritage3dError):
    """A key, signature, package or provenance cannot be used. Fields: file, detail."""

    code, exit_status = "H3D-640", 2


class KeyInTree(TrustError):
    """A private key was to lie where it would be published, packaged or copied. Fields: file, folder."""

    code = "H3D-641"


class KeyUnusable(TrustError):
    """A file is no key of the form that is needed, or its passphrase is another one. Fields: file, detail."""

    code = "H3D-642"


class KeyExists(TrustError):
    """A new key would take the place of an old one. Fields: file."""

    code = "H3D-643"


class TreeNotIntact(TrustError):
    """Files are not as published, so nobody should sign or package them. Fields: file, count, first."""

    code, exit_status = "H3D-644", 1


class ObjectUnknown(TrustError):
    """A package was asked of an object that is not published. Fields: object, file."""

    code = "H3D-645"


class DiskTooSmall(TrustError):
    """An object alone is larger than one disk of the package may be. Fields: object, needed, size."""

    code = "H3D-646"


class NameUnportable(TrustError):
    """A name that Windows or exFAT refuses, or two that they take for one. Fields: file, detail."""

    code = "H3D-647"


class SizeUnreadable(TrustError):
    """A size in words that are no size. Fields: value."""

    code = "H3D-648"


class CopyUnfit(TrustError):
    """The second copy cannot mend this tree. Fields: file, detail."""

    code, exit_status = "H3D-649", 1


class NoProvenance(TrustError):
    """Nothing tells how this file was made. Fields: file, detail."""

    code, exit_status = "H3D-650", 1


class BagUnreadable(TrustError):
    """A folder looks like a BagIt bag and cannot be read as one. Fields: file, detail."""

    code, exit_status = "H3D-651", 1


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


class EngineError(Heritage3dError):
    """The Dask scheduler or all workers are gone. Fields: detail."""

    code, exit_status = "H3D-750", 5


# --- H3D-8xx installation ---------------------------------------------------------------------------------


class PartMissing(Heritage3dError):
    """A library or program that this step needs is not installed. Fields: part, detail."""

    code, exit_status = "H3D-800", 6


class ViewerMissing(PartMissing):
    """The viewer was not built when the package was installed. Fields: part, detail."""

    code = "H3D-810"


class Interrupted(Heritage3dError):
    """The person pressed Ctrl-C. Fields: none."""

    code, exit_status = "H3D-910", 130
