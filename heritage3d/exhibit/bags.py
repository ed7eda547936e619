"""One bag: the files of some objects, each held against its digest, and a site around them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import heritage3d
from heritage3d.errors import TreeNotIntact
from heritage3d.exhibit import augmenting, documents, downloads, scripts, site, words
from heritage3d.hall import writing as hall
from heritage3d.iiif.collection import TITLE
from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import files_below, relative, sha256_of
from heritage3d.pipeline.kinds import kind, kinds
from heritage3d.pipeline.store import move, remove, translated
from heritage3d.trust import bagit, fixity

Form = Literal["web", "vr", "ar", "offline"]
#: Files that stay behind, by their name.
LEFT_OUT = {"web": (), "vr": ("full.glb",), "ar": ("full.glb",), "offline": ()}


@dataclass(frozen=True)
class Packed:
    """One package that was written."""

    folder: Path
    objects: int
    files: int
    size: int
    largest: int


@dataclass(frozen=True)
class Order:
    """What is wanted, the same for all bags: files are taken from ``out``, their addresses move to ``new_base``."""

    out: Path
    form: Form
    listed: dict[str, str]  # path -> SHA-256
    base: str
    new_base: str
    takeaway: bool


class Bag:
    """One bag while it is put together in ``root``; ``view`` is a folder for what is only looked at."""

    def __init__(self, order: Order, root: Path, objects: Iterable[str], view: Path) -> None:
        self.order = order
        self.root = root
        self.data = root / "data"
        self.view = view
        self.objects = tuple(objects)

    def write(self, told: dict[str, str], dest: Path) -> Packed:
        """Put it together, with these lines in bag-info.txt besides its own; it will lie at ``dest``.

        Raises TreeNotIntact, OutputError, ViewerMissing, UsdMissing.
        """
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
        left_out = {path for path in paths if path.rpartition("/")[2] in LEFT_OUT[self.order.form]}
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
        """Copy one file, and see on the way that it is as it was published. Raises TreeNotIntact, OutputError."""
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
            Bag(order, whole / name, [name], self.view / "seen").write({}, whole)
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
