"""ingest: look at what lies in an object's folder, write its record, hand the captures on as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from heritage3d import errors
from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import sha256_of
from heritage3d.pipeline.stage import Artefact, Column, Many, Output, Reads, stage
from heritage3d.record import captures as room
from heritage3d.record import naming, record
from heritage3d.record.annotations import Subject, read_annotations
from heritage3d.record.captures import Captures, Found
from heritage3d.record.pages import Page, pages_in_order
from heritage3d.trust import capture_hashes

Publish = Literal["alone", "always", "never"]


def _foreseen(folder: Path, options: Mapping[str, Any]) -> list[Output]:
    """What it will hand on of a folder that no run has seen yet; told by names and first bytes, nothing is measured.

    Raises ObjectErrors for files that cannot be used.
    """
    found = room.survey(folder, capture_hashes.is_list)
    if found.faults:
        raise errors.ObjectErrors(found.faults)
    published = _published(found, options["publish_photos"])
    pages = pages_in_order([entry.file for entry in published])
    chosen = _chosen(found, published, pages, overlapping=options["overlapping"], model_from=options["model_from"])
    return [_output(kind, name, entry, measured=False) for kind, name, entry in chosen]


@stage(
    writes=Many(
        "record", "image/master", "image/part", "image/target", "photo", "mask", "photogrammetry/scale", "mesh/scan"
    ),
    version=6,
    seconds_per_mb=0.002,
    bytes_out_per_byte=0.0,
    foresees=_foreseen,
)
def ingest(
    capture: Annotated[Artefact, Reads("capture")],
    dest: Path,
    *,
    row: Annotated[dict[str, str], Column("*")] = {},  # noqa: B006  a default of the declaration, never written
    publish_photos: Annotated[
        Publish,
        Field(
            description="Whether photographs taken for photogrammetry are published as pages too: "
            "only where there is neither page nor mesh, always, or never"
        ),
    ] = "alone",
    overlapping: Annotated[
        bool,
        Field(
            description="Whether all page scans of an object are overlapping parts of one picture, "
            "as those in the folder parts always are; the step `stitch` joins them"
        ),
    ] = False,
    model_from: Annotated[
        Literal["scan", "photographs"],
        Column("model_from"),
        Field(description="What the model of an object is made from that came with both a mesh and photographs"),
    ] = "scan",
) -> list[Output]:
    """Take in the folder of one object: find its pages, photographs and meshes and write its record.

    A capture is recognised by the folder that it lies in (pages, parts, mesh, photos, masks, target) and by its
    content. Nothing is copied and nothing is changed. Every file that cannot be used is named; so is one that
    differs from a list of hashes that came with it (SHA256SUMS, scan.tif.md5, a BagIt manifest).
    """
    identifier = row.get("id") or capture.path.resolve().name
    described = record.describe(identifier, row)
    found = room.survey(capture.path, capture_hashes.is_list)
    digests = capture.evidence.get("sha256", {})
    published = _published(found, publish_photos)
    faults, files = list(found.faults), [entry.file for entry in published]
    faults += capture_hashes.check(capture.path, digests)
    try:
        pages = pages_in_order(files, found.page_list, [fault.file for fault in found.faults])
    except errors.Heritage3dError as error:
        faults += getattr(error, "errors", [error])
        pages = pages_in_order(files)  # in any order: the steps behind look for further bad files
    if not (pages or found.mesh or found.photo or faults):
        raise errors.NothingToPublish(file=identifier, detail="no page, photograph or mesh lies in its folder")

    chosen = _chosen(found, published, pages, overlapping=overlapping, model_from=model_from)
    outputs = [_output(kind, name, entry, measured=True) for kind, name, entry in chosen]
    try:
        annotations = _annotations(found, outputs)
    except errors.Heritage3dError as error:
        faults += getattr(error, "errors", [error])
        annotations = []
    told = {
        **described,
        "pages": [_page(output, page, digests) for output, page in zip(outputs, pages, strict=False)],
        "models": [_model(output, found, digests) for output in outputs if output.kind == "mesh/scan"],
        "annotations": annotations,
        "photographs": len(found.photo),
        "ignored": found.ignored,
    }
    written = dest / "record.json"
    written.write_bytes(addresses.dump(told))
    outputs.insert(0, Output("record", "record", written))
    if faults:
        raise errors.ObjectErrors(faults, outputs)
    return outputs


def _annotations(found: Captures, outputs: list[Output]) -> list[dict[str, Any]]:
    """What people say of places on the pages and meshes."""
    if found.annotation_list is None:
        return []
    subjects = {
        output.evidence["file"]: Subject("model" if output.kind == "mesh/scan" else "page", output.name)
        for output in outputs
        if output.kind in ("image/master", "image/part", "mesh/scan")
    }
    return read_annotations(found.annotation_list, subjects)


def _published(found: Captures, publish_photos: Publish) -> list[Found]:
    """What becomes a page: page scans, and photographs where they are all there is to show."""
    alone = publish_photos == "alone" and not (found.page or found.part or found.mesh)
    return found.page + found.part + (found.photo if alone or publish_photos == "always" else [])


def _chosen(
    found: Captures, published: list[Found], pages: list[Page], *, overlapping: bool, model_from: str
) -> Iterator[tuple[str, str, Found | Path]]:
    """(kind, name, capture) of all that is handed on: every page in its order, then what is no page.

    Where both a mesh and photographs lie there, one of them is used.
    """
    by_file = {entry.file: entry for entry in published}
    names = naming.names_for(by_file)
    parts = {entry.file for entry in (published if overlapping else found.part)}
    for page in pages:
        yield "image/part" if page.file in parts else "image/master", names[page.file], by_file[page.file]
    both = bool(found.mesh and found.photo)
    if not (both and model_from == "photographs"):
        yield from _named("mesh/scan", found.mesh)
    if not (both and model_from == "scan"):
        yield from _named("photo", found.photo)
        yield from _named("mask", found.mask)
        if found.scale:
            yield "photogrammetry/scale", "scale", found.scale
    yield from _named("image/target", found.target)


def _named(kind: str, found: list[Found]) -> Iterator[tuple[str, str, Found]]:
    names = naming.names_for(entry.file for entry in found)
    yield from ((kind, names[entry.file], entry) for entry in found)


def _output(kind: str, name: str, entry: Found | Path, *, measured: bool) -> Output:
    if isinstance(entry, Path):
        return Output(kind, name, entry)
    evidence = {"file": entry.file, **_told_of(entry)} if measured else {}
    return Output(kind, name, entry.path, entry.companions, evidence)


def _told_of(entry: Found) -> dict[str, Any]:
    """The technical metadata of a capture; a file that its room cannot read is named by the stage that needs it."""
    try:
        return {"format": entry.format.name, **entry.format.info(entry.path)}
    except errors.Heritage3dError:
        return {"format": entry.format.name}


def _page(output: Output, page: Page, digests: dict[str, str]) -> dict[str, Any]:
    told = {
        "name": output.name,
        "file": page.file,
        "label": page.label,
        "side": page.side,
        "width": output.evidence.get("width"),
        "height": output.evidence.get("height"),
        "sha256": _digest(output.path, page.file, digests),
    }
    more = {"sections": list(page.sections), "width_mm": page.width_mm}
    return told | {name: value for name, value in more.items() if value}


def _model(output: Output, found: Captures, digests: dict[str, str]) -> dict[str, Any]:
    file = next(entry.file for entry in found.mesh if entry.path == output.path)
    return {"name": output.name, "file": file, "sha256": _digest(output.path, file, digests)}


def _digest(path: Path, file: str, digests: dict[str, str]) -> str:
    """SHA-256 of a capture: taken when it arrived, so that a night reads its masters once for it and not twice."""
    try:
        return digests.get(file) or sha256_of(path)
    except OSError as error:
        raise errors.CaptureUnreadable(file=file, detail=error.strerror or "no access") from None
