"""Every file of the public image suites through the reader: decoded right, refused with a code, or wrong.

Run ``python tests/image/suites.py ../shared/data/images`` for the table; the tests read the same outcomes.
Each file is read in a child process, so that a crash or a hang is an outcome and not the end. "Right"
means: equal to a second decoder (Pillow, tifffile with imagecodecs) within rounding.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SUITES = (
    "tiff-suite",
    "libtiff",
    "image-server-suite",
    "tiff-hostile",
    "jp2-valid-invalid",
    "exif-orientation",
    "iiif-validator-reference",
)
SECONDS = 10
#: Mean difference in 8-bit grey levels that two decoders of the same file may have (JPEG rounding, ICC).
TOLERANCE = 1.6


@dataclass(frozen=True)
class Outcome:
    """What became of one file. ``verdict``: right, alone (no second decoder), refused, wrong, crash, hang."""

    suite: str
    file: str
    verdict: str
    detail: str = ""
    seconds: float = 0.0


def files_of(images: Path, suite: str) -> list[Path]:
    """The files of a suite in order, without its own documentation."""
    skip = {".md", ".txt", ".json", ".py", ".sh", ".rb", ".html", ".csv", ".yml"}
    found = (path for path in (images / suite).rglob("*") if path.is_file())
    return sorted(p for p in found if p.suffix.lower() not in skip and not p.name.startswith(("UPSTREAM", "SOURCE")))


def run(
    images: Path, suites: tuple[str, ...] = SUITES, most_bytes: int = 1 << 40, patience: float = SECONDS
) -> Iterator[Outcome]:
    """The outcome of every file of at most so many bytes, in order."""
    work = [(suite, path) for suite in suites for path in files_of(images, suite)]
    work = [(suite, path) for suite, path in work if path.stat().st_size <= most_bytes]
    child: subprocess.Popen[str] | None = None
    for suite, path in work:
        name = str(path.relative_to(images / suite))
        if child is None:
            child = _child()
            child.stdout.readline()  # it is warm
        assert child.stdin is not None
        assert child.stdout is not None
        start = time.monotonic()
        alarm = threading.Timer(patience, child.kill)
        alarm.start()
        child.stdin.write(json.dumps(str(path)) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()  # the reader is done; what follows is the second decoder
        alarm.cancel()
        seconds = time.monotonic() - start
        line = line and child.stdout.readline()
        if not line:
            child.wait()
            yield Outcome(
                suite, name, "hang" if seconds >= patience else "crash", f"status {child.returncode}", seconds
            )
            child = None
            continue
        yield Outcome(suite, name, *json.loads(line), seconds)
    if child is not None:
        child.stdin.close()
        child.wait()
        child.stdout.close()


def _child() -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", __file__, "--child"]
    surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "OPENCV_LOG_LEVEL": "ERROR"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=surroundings)


def _serve() -> None:
    import warnings

    warnings.simplefilter("ignore")
    import imagecodecs  # noqa: F401
    import tifffile  # noqa: F401
    from PIL import Image  # noqa: F401

    print("warm", flush=True)
    for line in sys.stdin:
        verdict, detail = _judge(Path(json.loads(line)))
        print(json.dumps([verdict, detail]), flush=True)


def _judge(path: Path) -> tuple[str, str]:
    from heritage3d.errors import ObjectError
    from heritage3d.image.reading import open_master

    try:
        with open_master(path) as master:
            pixels = np.concatenate([strip.copy() for strip in master.strips()])
    except ObjectError as error:
        return "refused", f"{error.code} {error.fields.get('detail', '')}"
    finally:
        print("read", flush=True)
    if pixels.shape[:2] != (master.height, master.width):
        return "wrong", f"shape {pixels.shape}"
    mine = (pixels / 257 if pixels.dtype == np.uint16 else pixels).astype(np.float32)
    best: tuple[float, str] | None = None
    for decoder in (_pillow, _tifffile, _cmyk, _opencv):
        try:
            other = decoder(path)
        except Exception:
            continue
        if other is None:
            continue
        if other.shape[:2] != mine.shape[:2]:
            found = (999.0, f"{decoder.__name__[1:]}: size {other.shape[1]} x {other.shape[0]}")
        else:
            found = (float(np.abs(mine - other).mean()), decoder.__name__[1:])
        best = min(best, found) if best else found
    if best is None:
        return "alone", f"{master.header.compression}, {master.header.colour}, {master.header.bits} bit"
    return ("right" if best[0] <= TOLERANCE else "wrong"), f"{best[1]} {best[0]:.2f}"


def _pillow(path: Path) -> np.ndarray[Any, Any] | None:
    import io

    from PIL import Image, ImageCms, ImageOps

    image = Image.open(path)
    if image.mode in ("F", "I", "I;16", "I;16B", "LAB"):
        return None
    profile = image.info.get("icc_profile")
    if image.format != "TIFF" and (image.format == "JPEG" or "exif" in image.info):
        image = ImageOps.exif_transpose(image)  # a TIFF is turned as it is loaded
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in ("RGBA", "LA", "RGBa"):
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white.convert("RGB")
    elif image.mode == "1":
        image = image.convert("L")
    if profile and image.mode in ("RGB", "L", "CMYK"):
        target = ImageCms.createProfile("sRGB")
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        image = ImageCms.profileToProfile(image, source, target, intent, "RGB", flags=flags) or image
    elif image.mode == "CMYK":
        return None  # Pillow does not use a profile
    return np.asarray(image.convert("RGB"), np.float32)


def _tifffile(path: Path) -> np.ndarray[Any, Any] | None:
    import tifffile

    with tifffile.TiffFile(path) as tif:
        page = tif.pages[0].aspage()
        profile = page.tags[34675].value if 34675 in page.tags else b"sRGB"
        if page.photometric not in (0, 1, 2, 3) or b"sRGB" not in profile:
            return None
        raw = np.squeeze(page.asarray(), None) if page.asarray().ndim > 3 else page.asarray()
        if page.planarconfig == 2 and raw.ndim == 3:
            raw = np.moveaxis(raw, 0, -1)
        top = 1.0 if raw.dtype.kind in "fb" else float((1 << page.bitspersample) - 1)
        if page.photometric == 3:
            table = np.asarray(page.colormap, np.float64) / 65535
            value = np.moveaxis(table[:, raw], 0, -1)
        else:
            value = raw.astype(np.float64) / top
        value = value if value.ndim == 3 else value[:, :, None]
        colours = 1 if page.photometric in (0, 1) else 3
        if page.photometric == 0:
            value[:, :, 0] = 1 - value[:, :, 0]
        if value.shape[2] > colours and page.extrasamples:
            alpha = value[:, :, colours : colours + 1]
            kind = int(page.extrasamples[0])
            value = value[:, :, :colours]
            value = value + 1 - alpha if kind == 1 else value * alpha + 1 - alpha if kind == 2 else value
        value = np.clip(value[:, :, :colours], 0, 1) * 255
        turn = int(page.tags[274].value) if 274 in page.tags else 1
        turns = {1: lambda v: v, 2: lambda v: v[:, ::-1], 3: lambda v: v[::-1, ::-1], 4: lambda v: v[::-1]}
        turns |= {5: lambda v: v.swapaxes(0, 1), 6: lambda v: np.rot90(v, -1)}
        turns |= {7: lambda v: np.rot90(v, 2).swapaxes(0, 1), 8: lambda v: np.rot90(v, 1)}
        return np.asarray(turns[turn](value), np.float32)


def _cmyk(path: Path) -> np.ndarray[Any, Any] | None:
    """Inks by tifffile or Pillow, through the profile of the file or the general press profile, by Pillow's lcms."""
    import io

    import tifffile
    from PIL import Image, ImageCms

    from heritage3d.image.vips import pyvips

    embedded: bytes | None = None
    if path.read_bytes()[:2] in (b"II", b"MM"):
        with tifffile.TiffFile(path) as tif:
            page = tif.pages[0].aspage()
            if page.photometric != 5:
                return None
            embedded = page.tags[34675].value if 34675 in page.tags else None
            raw = page.asarray()
            raw = np.moveaxis(raw, 0, -1) if page.planarconfig == 2 else raw
            top = 1.0 if raw.dtype.kind == "f" else float((1 << page.bitspersample) - 1)
            inks = Image.frombytes("CMYK", raw.shape[1::-1], np.round(raw[:, :, :4] / top * 255).astype("u1").tobytes())
            alpha = raw[:, :, 4:5] / top if raw.shape[2] > 4 else 1.0
    else:
        inks = Image.open(path)
        if inks.mode != "CMYK":
            return None
        embedded, alpha = inks.info.get("icc_profile"), 1.0
    source = ImageCms.ImageCmsProfile(io.BytesIO(embedded or pyvips.Image.profile_load("cmyk")))
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    target = ImageCms.createProfile("sRGB")
    seen = np.asarray(ImageCms.profileToProfile(inks, source, target, intent, "RGB", flags=flags), np.float32)
    return np.asarray(seen * alpha + 255 * (1 - alpha), np.float32)


def _opencv(path: Path) -> np.ndarray[Any, Any] | None:
    """For JPEG 2000, which Pillow (12.0) decodes wrong above 8 bits, and for subsampled YCbCr in TIFF."""
    import cv2
    import tifffile

    data = path.read_bytes()
    if data[:2] in (b"II", b"MM"):
        with tifffile.TiffFile(path) as tif:
            if tif.pages[0].aspage().photometric != 6:
                return None
    elif b"jP  " not in data[:12] and data[:3] != b"\xff\x4f\xff":
        return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    at = data.find(b"\xff\x4f\xff\x51")
    top = (1 << ((data[at + 42] & 0x7F) + 1)) - 1 if at >= 0 and image.dtype == np.uint16 else np.iinfo(image.dtype).max
    if image.ndim == 2:
        return image[:, :, None] * np.float32(255 / top)
    alpha = image[:, :, 3:] / top if image.shape[2] == 4 else np.ones((1, 1, 1))
    multiplied = b"\0\3\0\2\0\0" in data[data.find(b"cdef") :][:40]  # channel 3 is premultiplied opacity
    value = image[:, :, 2::-1] * (255 / top) / np.maximum(alpha if multiplied else 1.0, 1e-6)
    value = _profiled(value.clip(0, 255), data)
    return np.asarray(value * alpha + 255 * (1 - alpha), np.float32)


def _profiled(value: np.ndarray[Any, Any], data: bytes) -> np.ndarray[Any, Any]:
    """Colours through the ICC profile that lies plain in the file, if there is one."""
    import io

    from PIL import Image, ImageCms

    at = data.find(b"acsp") - 36
    if at < 0:
        return value
    source = ImageCms.ImageCmsProfile(io.BytesIO(data[at : at + int.from_bytes(data[at : at + 4], "big")]))
    image = Image.fromarray(np.round(value).astype(np.uint8))
    target = ImageCms.createProfile("sRGB")
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    return np.asarray(ImageCms.profileToProfile(image, source, target, intent, "RGB", flags=flags), np.float32)


def main() -> None:
    """Print the table of outcomes, then what is wrong or needs a look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="?", type=Path)
    parser.add_argument("--suite", action="append")
    parser.add_argument("--all", action="store_true", help="list every file")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _serve()
        return
    outcomes = list(run(asked.images, tuple(asked.suite or SUITES)))
    verdicts = ("right", "alone", "refused", "wrong", "crash", "hang")
    print("| suite | files | " + " | ".join(verdicts) + " |\n|---|---|" + "---|" * len(verdicts))
    for suite in dict.fromkeys(outcome.suite for outcome in outcomes):
        counts = collections.Counter(outcome.verdict for outcome in outcomes if outcome.suite == suite)
        print(f"| {suite} | {counts.total()} | " + " | ".join(str(counts[verdict]) for verdict in verdicts) + " |")
    for outcome in outcomes:
        if asked.all or outcome.verdict in ("wrong", "crash", "hang") or outcome.seconds > 5:
            print(f"{outcome.verdict:8} {outcome.seconds:5.1f} s  {outcome.suite}/{outcome.file}  {outcome.detail}")


if __name__ == "__main__":
    main()
