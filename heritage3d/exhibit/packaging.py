"""Packages of published objects: a BagIt bag whose ``data`` is a site for a server, a headset or a disk.

web      the published tree of these objects, for any web server
vr       the same without the full models: what a headset needs, opened through `serve`
ar       for a web server that phones visit: without the full models, with every model as USDZ at true size
offline  documents, models and tiles as scripts in few files: opens by a double click, without a network

With ``takeaway`` a tree for a server holds the offline package of every object too, as a zip for its visitors.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import heritage3d
from heritage3d.errors import (
    DestinationInUse,
    DiskFull,
    NotAnOutput,
    ObjectUnknown,
    OutputIsFile,
    TreeNotIntact,
    UsageError,
)
from heritage3d.exhibit import augmenting, documents, downloads, scripts, site, volumes, words
from heritage3d.hall import writing as hall
from heritage3d.iiif.collection import TITLE
from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import files_below, relative, sha256_of
from heritage3d.pipeline.kinds import kind, kinds
from heritage3d.pipeline.store import free_bytes, move, remove, translated
from heritage3d.trust import bagit, fixity

Form = Literal["web", "vr", "ar", "offline"]
OVERHEAD = 12_000_000  # the viewer in both forms, lists and tag files
_SCRIPTED = 1.4  # bytes of a file as a script, for each of its own
_LEFT_OUT = {"web": (), "vr": ("full.glb",), "ar": ("full.glb",), "offline": ()}


@dataclass(frozen=True)
class Packed:
    """One package that was written."""

    folder: Path
    objects: int
    files: int
    size: int
    largest: int


@dataclass(frozen=True)
class _Order:
    """What is wanted, the same for all volumes."""

    out: Path
    form: Form
    listed: dict[str, str]  # path -> SHA-256
    base: str
    new_base: str
    takeaway: bool


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
    order = _Order(out, form, listed, old, addresses.checked_base(base) if base else old, takeaway)
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
                _Volume(order, work / "package" / name, disk.objects, work / f"view-{number}").write(told, dest / name)
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
        if name is None or (path.endswith(_LEFT_OUT[form]) and _LEFT_OUT[form]):
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


class _Volume:
    """One bag while it is put together."""

    def __init__(self, order: _Order, root: Path, objects: Iterable[str], view: Path) -> None:
        self.order = order
        self.root = root
        self.data = root / "data"
        self.view = view
        self.objects = tuple(objects)

    def write(self, told: dict[str, str], dest: Path) -> Packed:
        self.data.mkdir(parents=True)
        for name in self.objects:
            self.copy(f"objects/{name}")
        title = self.write_site()
        if self.order.takeaway:
            self.add_downloads()
        if self.order.form == "offline":
            self.to_scripts()
            (self.root / "open.html").write_text(words.doorway(title, self.objects), "utf-8", newline="\n")
        else:
            self.list_files()
        (self.root / "READ-ME.txt").write_text(words.leaflet(self.order.form), "utf-8", newline="\n")
        agent = f"heritage3d {heritage3d.__version__}"
        info = {"Bag-Software-Agent": agent, "External-Description": title, "External-Identifier": self.order.new_base}
        bagit.finish(self.root, info | told)
        sizes = [path.stat().st_size for path in files_below(self.root)]
        return Packed(dest, len(self.objects), len(sizes), sum(sizes), max(sizes))

    # --- objects ------------------------------------------------------------------------------------------

    def copy(self, home: str) -> None:
        """The files of an object; each is held against its digest on the way."""
        paths = [path for path in self.order.listed if path.startswith(home + "/")]
        left_out = {path for path in paths if path.rpartition("/")[2] in _LEFT_OUT[self.order.form]}
        if self.order.form != "offline":
            for path in (path for path in paths if path not in left_out):
                self.bring(path)
            self.mend_documents(home, left_out)
            if self.order.form == "ar":
                augmenting.add(self.data, home, self.order.new_base)
            return
        files = scripts.sorted_files(paths)
        for path in (*files.documents, *files.plain):
            self.bring(path)
        self.mend_documents(home, set())
        # Canvases show their thumbnails as plain pictures.
        shown = scripts.thumbnails(scripts.documents_of(self.data, files))
        wanted = {self.order.new_base + addresses.join("", path).strip("/"): path for path in paths}
        for address in shown & set(wanted):
            if not (self.data / wanted[address]).exists():
                self.bring(wanted[address])

    def bring(self, path: str) -> None:
        source, target = self.order.out / path, self.data / path
        with translated(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            content = source.open("rb")
        except OSError:
            raise TreeNotIntact(file=self.order.out, count=1, first=path) from None
        digest = hashlib.sha256()
        with translated(target), content, target.open("wb") as stream:
            while chunk := content.read(1 << 20):
                digest.update(chunk)
                stream.write(chunk)
        if digest.hexdigest() != self.order.listed[path]:
            raise TreeNotIntact(file=self.order.out, count=1, first=path)

    def mend_documents(self, home: str, left_out: set[str]) -> None:
        """Another base where one is asked for, and no word of files that stay behind."""
        order = self.order
        if (download := downloads.place(Path(home).name)) not in order.listed:
            left_out = left_out | {download}
        gone = {order.new_base + addresses.join("", path).strip("/") for path in left_out}
        addressed = {name for told in kinds() for name in told.addressed}
        names = {path.rpartition("/")[2] for path in left_out}
        for path in (self.data / home).rglob("*.json"):
            before = addresses.load(path)
            document = before
            if path.name in addressed and order.base != order.new_base:
                document = addresses.rebind(document, order.base, order.new_base)
            document = documents.without(document, lambda entry: entry.get("id") in gone or entry.get("file") in names)
            if document != before:
                path.write_bytes(addresses.dump(document))

    def add_downloads(self) -> None:
        """The offline package of each object as a zip beside its manifest, which names it."""
        order = replace(self.order, form="offline", takeaway=False)
        for name in self.objects:
            whole = self.view / "zipped"
            _Volume(order, whole / name, [name], self.view / "seen").write({}, whole)
            home = self.data / "objects" / name
            downloads.tell(home, order.new_base, downloads.pack(whole, self.data / downloads.place(name)))
            shutil.rmtree(self.view)

    # --- the site around them -----------------------------------------------------------------------------

    def write_site(self) -> str:
        """The reading room of these objects; its title."""
        told = addresses.load(self.order.out / "collection.json")
        label = told.get("label") or TITLE
        fresh = self.root / "site"
        fresh.mkdir()
        site.write(self.data, fresh, title=label, summary=told.get("summary"))
        if (site.VIEWER / "vr.html").is_file():
            hall.write_again(self.order.out, self.whole_objects(), fresh, title=label, viewer=site.VIEWER)
        for path in files_below(fresh):
            if path.name in kind("site").addressed:
                bound = addresses.rebind(addresses.load(path), addresses.HERE, self.order.new_base)
                path.write_bytes(addresses.dump(bound))
        for path in sorted(fresh.iterdir()):
            move(path, self.data / path.name)
        fresh.rmdir()
        return " · ".join(dict.fromkeys(texts[0] for texts in label.values() if texts))

    def whole_objects(self) -> Path:
        """A tree with the objects' tiles and models, which an offline package carries as scripts later."""
        if self.order.form != "offline":
            return self.data
        view = self.view / "objects"
        view.mkdir(parents=True)
        for name in self.objects:
            (view / name).symlink_to(self.order.out / "objects" / name, target_is_directory=True)
        return self.view

    def list_files(self) -> None:
        """checksums.txt, so that what is put on a server can be verified without the bag around it."""
        lines = (f"{sha256_of(path)}  {relative(path, self.data)}\n" for path in files_below(self.data))
        (self.data / fixity.CHECKSUMS).write_text("".join(sorted(lines, key=lambda line: line[66:])), "utf-8")

    def to_scripts(self) -> None:
        """Turn everything that a page would fetch into classic scripts."""
        for name in self.objects:
            home = f"objects/{name}"
            files = scripts.sorted_files(path for path in self.order.listed if path.startswith(home + "/"))
            for path in (*files.models, *(path for paths in files.services.values() for path in paths)):
                if sha256_of(self.order.out / path) != self.order.listed[path]:
                    raise TreeNotIntact(file=self.order.out, count=1, first=path)
            scripts.write_object(self.order.out, self.data, home, files)
        told = [relative(path, self.data) for path in files_below(self.data) if path.suffix == ".json"]
        scripts.write_root(self.data, told)
        for page in sorted(self.data.glob("*.html")):
            script = site.VIEWER / "offline" / f"{page.stem}.js"
            if script.is_file():
                shutil.copyfile(script, self.data / "assets" / "offline" / script.name)
                fresh = scripts.classic_page(page.read_text("utf-8"), f"assets/offline/{script.name}")
                page.write_text(fresh, "utf-8", newline="\n")
        for left in (self.data / "assets").iterdir():
            if left.suffix in {".js", ".wasm", ".mjs"}:
                remove(left)
