"""Make the sample collection: ``python samples/make.py samples/collection``.

Four objects that the project draws itself, the same bytes for the same seed. With ``--with-photographs``
also rendered photographs of the oracle bone and, apart from them, the exact answers; see samples/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("VIPS_BLOCK_UNTRUSTED", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from generator import archive_volume, bamboo_slips, oracle_bone, photographs, scroll, sheet, writing

SAMPLES = Path(__file__).resolve().parent
MAKERS: dict[str, Callable[[Path, int, float], None]] = {
    "long-scroll": scroll.make,  # the longest first
    "archive-volume": archive_volume.make,
    "bamboo-slips": bamboo_slips.make,
    "oracle-bone": oracle_bone.make,
}


def main() -> int:
    """Read the command line, make what it asks for, say what was made."""
    options = _options()
    if writing.fonts_missing():
        print("samples: installing the fonts (OFL-1.1) from npm into samples/node_modules", flush=True)
        try:
            writing.install_fonts()
        except (subprocess.CalledProcessError, ImportError, OSError, StopIteration) as error:
            cure = "Check the network and try again."
            print(f"samples: the fonts cannot be installed ({error}). {cure}", file=sys.stderr)
            return 6
    wanted = [(options.collection, _make_collection)]
    if options.with_photographs:
        beside = options.collection.parent
        wanted += [(beside / "photographs", _make_photographs), (beside / "truth", _make_truth)]
    for folder, make in wanted:
        if not _made(folder, options, make):
            return 4
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("collection", type=Path, help="the captures folder to make")
    parser.add_argument(
        "--with-photographs",
        action="store_true",
        help="also make rendered photographs beside it, in photographs/ and truth/ (about two minutes)",
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed gives another collection (default: 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is full size; 0.2 is for tests")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 4), help="objects made at a time")
    return parser.parse_args()


def _made(folder: Path, options: argparse.Namespace, make: Callable[[Path, argparse.Namespace], None]) -> bool:
    """Make a folder, complete or not at all, unless it is there already. False where something else lies there."""
    stamp = folder.with_name(folder.name + ".made")
    recipe = _recipe(options)
    if folder.is_dir() and stamp.is_file() and stamp.read_text("utf-8") == recipe:
        print(f"samples: {folder} is up to date")
        return True
    if folder.exists() and not stamp.is_file() and any(folder.iterdir()):
        print(f"samples: {folder} exists and was not made by this program; name another folder", file=sys.stderr)
        return False
    making = folder.with_name(folder.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    make(making, options)
    stamp.write_text("in the making\n", "utf-8")  # whoever is cut off here finds the folder still his own
    shutil.rmtree(folder, ignore_errors=True)
    making.rename(folder)
    stamp.write_text(recipe, "utf-8")
    files = [path for path in folder.rglob("*") if path.is_file()]
    print(f"samples: made {folder}: {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.0f} MB")
    return True


def _recipe(options: argparse.Namespace) -> str:
    """What the bytes depend on: seed, scale and this program's own source."""
    digest = hashlib.sha256()
    for source in [SAMPLES / "make.py", SAMPLES / "package-lock.json", *sorted((SAMPLES / "generator").glob("*.py"))]:
        digest.update(source.read_bytes())
    return json.dumps({"seed": options.seed, "scale": options.scale, "source": digest.hexdigest()}) + "\n"


def _make_collection(folder: Path, options: argparse.Namespace) -> None:
    with ProcessPoolExecutor(max(options.workers, 1), get_context("spawn")) as pool:
        made = [pool.submit(make, folder / name, options.seed, options.scale) for name, make in MAKERS.items()]
        for job in made:
            job.result()
    sheet.write(folder / "objects.csv", sheet.OBJECTS)


def _make_photographs(folder: Path, options: argparse.Namespace) -> None:
    photographs.make(folder / "oracle-bone", options.seed, options.scale)
    sheet.write(folder / "objects.csv", [sheet.PHOTOGRAPHED_BONE])


def _make_truth(folder: Path, options: argparse.Namespace) -> None:
    photographs.write_truth(folder / "oracle-bone", options.seed, options.scale)
    scroll.write_truth(folder / "long-scroll", options.seed, options.scale)


if __name__ == "__main__":
    sys.exit(main())
