"""What lies in the folder of one object: pages, meshes, photographs, masks, targets. Nothing is ever changed.

A file is judged by the folder it lies in (pages/ parts/ mesh/ photos/ masks/ target/) and by its content.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from heritage3d import errors
from heritage3d.errors import Heritage3dError
from heritage3d.pipeline import kinds, limits
from heritage3d.pipeline.kinds import Format
from heritage3d.record import naming
from heritage3d.record.annotations import ANNOTATION_LISTS
from heritage3d.record.pages import PAGE_LISTS

FOLDERS = {"pages": "page", "parts": "part", "mesh": "mesh", "photos": "photo", "masks": "mask", "target": "target"}
_CAPTURED_AS = {**dict.fromkeys(("page", "part", "photo", "mask", "target"), "image/master"), "mesh": "mesh/scan"}
SCALE = "scale.yaml"
_OWN_FILES = frozenset({*PAGE_LISTS, *ANNOTATION_LISTS, SCALE})
_JUNK = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "__macosx", "@eadir", "#recycle",
                   "$recycle.bin", "system volume information", "lost+found"})  # fmt: skip
# What may lie beside captures without being one; anything else of unknown content in a capture folder is a fault.
_SIDECARS = re.compile(r"xmp|txt|xml|[ct]sv|json|ya?ml|md|md5|sha256|sha512|pdf|log|html?|docx?|xlsx?")
# A loose file with such a suffix claims to be a capture; if its content is not, that is a fault and no note.
_CLAIMS = re.compile(
    r"tiff?|jpe?g|png|webp|jp2|j2k|jpf|jxl|hei[cf]|avif|dng|nef|cr[23]|arw|raf|orf|rw2|gif|bmp|psd"
    r"|glb|gltf|obj|ply|stl|off|fbx|dae|3ds|e57|usdz"
)


@dataclass(frozen=True)
class Found:
    """One capture: its path, its path below the object's folder with "/", its format and companions."""

    path: Path
    file: str
    format: Format
    companions: tuple[Path, ...] = ()


@dataclass
class Captures:
    """All captures of an object, each list in the natural order of names."""

    page: list[Found] = field(default_factory=list)
    part: list[Found] = field(default_factory=list)  # overlapping pictures, to be joined into one page
    mesh: list[Found] = field(default_factory=list)
    photo: list[Found] = field(default_factory=list)
    mask: list[Found] = field(default_factory=list)
    target: list[Found] = field(default_factory=list)
    page_list: Path | None = None
    annotation_list: Path | None = None
    scale: Path | None = None  # known lengths, for photogrammetry
    ignored: list[str] = field(default_factory=list)
    faults: list[Heritage3dError] = field(default_factory=list)


def survey(folder: Path, beside: Callable[[str], bool] = lambda _name: False) -> Captures:
    """Find and recognise every capture below the object's folder.

    ``faults`` of the result name all files that cannot be used: empty, of unknown content, unreadable, a
    link out of the folder, a name that is not UTF-8, a mesh whose texture is missing. ``beside`` says of which
    names files lie beside captures and are none.
    Raises CaptureFolderMissing, TooManyCaptures.
    """
    if not folder.is_dir():
        raise errors.CaptureFolderMissing(file=str(folder))
    found = Captures()
    faults = found.faults
    candidates: list[tuple[str, Found]] = []
    for file, path in sorted(_files(folder, faults), key=lambda entry: naming.natural(entry[0])):
        if file.casefold() in _OWN_FILES:
            if file.casefold() in PAGE_LISTS:
                found.page_list = path
            elif file.casefold() in ANNOTATION_LISTS:
                found.annotation_list = path
            else:
                found.scale = path
            continue
        if beside(path.name):
            found.ignored.append(file)
            continue
        try:
            role, capture = _judge(file, path)
        except Heritage3dError as error:
            faults.append(error)
            continue
        if capture and role:
            candidates.append((role, capture))
        else:
            found.ignored.append(file)
    _sort_out(folder, candidates, found, faults)
    return found


def _sort_out(
    folder: Path, candidates: list[tuple[str, Found]], found: Captures, faults: list[Heritage3dError]
) -> None:
    """Meshes first: their textures and buffers are no pages."""
    belongs: set[Path] = set()
    for role, capture in candidates:
        if role == "mesh" and capture.format.captured_as == "mesh/scan":
            try:
                companions = tuple(sorted(capture.format.companions(capture.path)))
            except Heritage3dError as error:
                faults.append(error)
                continue
            belongs.update(companion.resolve() for companion in companions)
            found.mesh.append(Found(capture.path, capture.file, capture.format, companions))
    companions_of = {os.path.relpath(path, folder.resolve()).replace(os.sep, "/") for path in belongs}
    found.ignored = [file for file in found.ignored if file not in companions_of]
    for role, capture in candidates:
        if role != "mesh" and capture.file not in companions_of:
            getattr(found, role).append(capture)
        elif role == "mesh" and capture.format.captured_as != "mesh/scan" and capture.file not in companions_of:
            found.ignored.append(capture.file)  # an unused texture in mesh/
    found.ignored.sort(key=naming.natural)


def _files(folder: Path, faults: list[Heritage3dError]) -> Iterator[tuple[str, Path]]:
    """Every regular file below the folder but junk, with its relative path; links out of it are faults."""
    root = folder.resolve()
    count = 0

    def unreadable(error: OSError) -> None:
        name = os.path.relpath(error.filename, folder) if error.filename else str(folder)
        faults.append(errors.CaptureUnreadable(file=naming.displayed(name), detail=error.strerror or "no access"))

    for place, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        for name in sorted(files) + [entry for entry in folders if (Path(place) / entry).is_symlink()]:
            path = Path(place) / name
            relative = path.relative_to(folder).as_posix()
            if is_junk(name):
                continue
            count += 1
            if count > limits.MAX_FILES_PER_OBJECT:
                limit = limits.MAX_FILES_PER_OBJECT
                raise errors.TooManyCaptures(file=str(folder), count=f"more than {limit}", limit=limit)
            if naming.readable(relative) is None:
                faults.append(errors.CaptureNameUnreadable(file=naming.displayed(relative)))
            elif fault := _fault_of_place(path, relative, root):
                faults.append(fault)
            elif not path.is_dir():
                yield relative, path


def _fault_of_place(path: Path, relative: str, root: Path) -> Heritage3dError | None:
    try:
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(root):
            return errors.CaptureOutside(file=relative)
        mode = path.stat().st_mode
    except (OSError, RuntimeError) as error:
        detail = getattr(error, "strerror", None) or "the link leads in a circle"
        return errors.CaptureUnreadable(file=relative, detail=detail)
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return errors.UnknownCapture(file=relative, detail="it is no regular file")
    return None


def is_junk(name: str) -> bool:
    """Whether systems and programs leave files of this name lying about: no capture, and no fault."""
    folded = name.casefold()
    return folded in _JUNK or folded.startswith((".", "~$")) or folded.endswith((".tmp", ".part", ".crdownload"))


def _judge(file: str, path: Path) -> tuple[str | None, Found | None]:
    """The role of a file and the capture that it is; (None, None) for what merely lies there."""
    top, _, rest = file.partition("/")
    role = FOLDERS.get(top.casefold()) if rest else None
    if rest and role is None:
        return None, None  # a folder of a name that means nothing: a texture is found from its mesh
    suffix = file.rpartition(".")[2].casefold() if "." in file else ""
    try:
        size = path.stat().st_size
        format_ = kinds.recognise(path) if size else None
    except OSError as error:
        raise errors.CaptureUnreadable(file=file, detail=error.strerror or "no access") from None
    claims = _CLAIMS.fullmatch(suffix) is not None
    expects_capture = not _SIDECARS.fullmatch(suffix) if role else claims
    if format_ is None or format_.captured_as is None:
        if role == "mesh" and not claims:
            return None, None  # materials and buffers; a mesh names those that it needs
        if not expects_capture:
            return None, None
        if size == 0:
            raise errors.CaptureEmpty(file=file)
        known = f"its content is {format_.name}" if format_ else "its content is of no format that can be read"
        raise errors.UnknownCapture(file=file, detail=known)
    if role is None:
        role = "mesh" if format_.captured_as == "mesh/scan" else "page"
    elif format_.captured_as != _CAPTURED_AS[role] and role != "mesh":
        raise errors.UnknownCapture(file=file, detail=f"a {format_.name} does not belong in {top}/")
    return role, Found(path, file, format_)
