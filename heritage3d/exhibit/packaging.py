"""Packages of published objects: a BagIt bag whose ``data`` is a site for a server, a headset or a disk.

web      the published tree of these objects, for any web server
vr       the same without the full models: what a headset needs, opened through `serve`
ar       for a web server that phones visit: without the full models, with every model as USDZ at true size
offline  documents, models and tiles as scripts in few files: opens by a double click, without a network

With ``takeaway`` a tree for a server holds the offline package of every object too, as a zip for its visitors.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from heritage3d.errors import (
    DestinationInUse,
    DiskFull,
    NotAnOutput,
    ObjectUnknown,
    OutputIsFile,
    TreeNotIntact,
    UsageError,
)
from heritage3d.exhibit import augmenting, downloads, volumes
from heritage3d.exhibit.bags import LEFT_OUT, Bag, Form, Order, Packed
from heritage3d.pipeline import addresses
from heritage3d.pipeline.store import free_bytes, move, translated
from heritage3d.trust import fixity

OVERHEAD = 12_000_000  # the viewer in both forms, lists and tag files
_SCRIPTED = 1.4  # bytes of a file as a script, for each of its own


def package(
    out: Path,
    dest: Path,
    form: Form,
    *,
    split: int | None = None,
    objects: Iterable[str] = (),
    base: str | None = None,
    takeaway: bool = False,
) -> list[Packed]:
    """Package published objects (all by default); with ``split`` each disk is a package of its own.

    Raises NotAnOutput, ObjectUnknown, NameUnportable, DiskTooSmall, DiskFull, TreeNotIntact (a file that is no
    longer as published), ViewerMissing, UsdMissing, OutputError, UsageError (``takeaway`` of an offline package).
    Nothing is left at ``dest`` where it fails.
    """
    if form == "ar":
        augmenting.ready()
    if takeaway and form == "offline":
        raise UsageError(detail="--downloads goes with --for web, vr or ar: each download is an offline package itself")
    made_anew = takeaway or form == "offline"
    listed = {
        path: digest
        for path, digest in fixity.read_checksums(out).items()
        if not (made_anew and downloads.is_download(path))
    }
    sizes = _sizes(out, listed, form, list(objects))
    if takeaway:
        zipped = _sizes(out, listed, "offline", list(sizes))
        sizes = {name: size + zipped[name] + downloads.OVERHEAD for name, size in sizes.items()}
    old = _base_of(out)
    order = Order(out, form, listed, old, addresses.checked_base(base) if base else old, takeaway)
    paths = [path for path in listed if _object_of(path) in sizes]
    volumes.check_names(paths + [downloads.place(name) for name in sizes if takeaway])
    disks = volumes.divide(sizes, split, OVERHEAD)
    _refuse(dest, sum(disk.size for disk in disks))
    with translated(dest):
        dest.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{dest.name[:60]}.", suffix=".work", dir=dest.parent))
    try:
        made = []
        for number, disk in enumerate(disks, 1):
            name = f"disk-{number}" if split else ""
            told = {"Bag-Group-Identifier": order.new_base, "Bag-Count": f"{number} of {len(disks)}"} if split else {}
            made.append(
                Bag(order, work / "package" / name, disk.objects, work / f"view-{number}").write(told, dest / name)
            )
        if dest.is_dir():
            dest.rmdir()
        move(work / "package", dest)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return made


def _object_of(path: str) -> str | None:
    parts = path.split("/", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "objects" else None


def _sizes(out: Path, listed: dict[str, str], form: Form, wanted: list[str]) -> dict[str, int]:
    """Bytes that each object needs in this form, in the order of the list."""
    sizes: dict[str, int] = {}
    for path in listed:
        name = _object_of(path)
        if name is None or (path.endswith(LEFT_OUT[form]) and LEFT_OUT[form]):
            continue
        try:
            size = (out / path).stat().st_size
        except OSError:
            raise TreeNotIntact(file=out, count=1, first=path) from None
        size = int(size * _SCRIPTED) if form == "offline" else size
        size += augmenting.MOST_BYTES if form == "ar" and path.endswith("/web.glb") else 0
        sizes[name] = sizes.get(name, 0) + size
    for name in wanted:
        if name not in sizes:
            raise ObjectUnknown(object=name, file=out)
    return {name: size for name, size in sizes.items() if not wanted or name in wanted}


def _base_of(out: Path) -> str:
    try:
        identifier = addresses.load(out / "collection.json")["id"]
    except (OSError, ValueError, KeyError, TypeError):
        raise NotAnOutput(file=out / "collection.json") from None
    return str(identifier).removesuffix("collection.json")


def _refuse(dest: Path, needed: int) -> None:
    if dest.is_file():
        raise OutputIsFile(file=dest)
    if dest.is_dir() and any(dest.iterdir()):
        raise DestinationInUse(file=dest)
    if needed > (free := free_bytes(dest)):
        raise DiskFull(file=dest, needed=needed, free=free)
