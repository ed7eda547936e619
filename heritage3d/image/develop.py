"""A program of its own: opens one camera raw file with LibRaw and develops it.

LibRaw is C++ that parses a hundred undocumented formats, so it never runs inside a worker: whatever it does
with a damaged file, memory and time are bounded here and the caller gets one line. See heritage3d.image.raw.

    python develop.py describe|develop   < the file    > samples    2> one line of JSON, the last
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

#: What starts with nothing: the interpreter, numpy, LibRaw.
BASE_BYTES = 1 << 30
#: Raw samples, four channels in 16 bits, three developed ones, and room for the interpolation.
BYTES_PER_PIXEL = 32
DESCRIBE_SECONDS = 10
DEVELOP_SECONDS = 30
SECONDS_PER_MEGAPIXEL = 2


def main() -> None:
    """Do what the first argument says."""
    _die_with_the_parent()
    _bound(BASE_BYTES, DESCRIBE_SECONDS)
    import rawpy

    try:
        with rawpy.RawPy() as raw, _file() as path:
            if path is None:
                raw.open_buffer(sys.stdin.buffer)
            else:
                raw.open_file(path)
            told = _describe(raw)
            if sys.argv[1] == "develop":
                pixels = told["width"] * told["height"]
                if pixels > int(sys.argv[2]):
                    raise MemoryError("the picture is larger than the limit")
                _bound(BASE_BYTES + pixels * BYTES_PER_PIXEL, seconds_for(pixels))
                told["developed"] = _develop(raw)
    except (rawpy.LibRawError, OSError, MemoryError, ValueError) as error:
        text = error.args[0] if error.args else ""
        text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        told = {"error": text or type(error).__name__, "kind": type(error).__name__}
    print("\n" + json.dumps(told), file=sys.stderr, flush=True)


def seconds_for(pixels: int) -> int:
    """Processor seconds that developing so many pixels may take."""
    return DEVELOP_SECONDS + SECONDS_PER_MEGAPIXEL * pixels // 1_000_000


@contextlib.contextmanager
def _file() -> Iterator[str | None]:
    """A path that opens the file on standard input again, or None where the system has no such paths."""
    path = "/dev/fd/0"
    yield path if os.access(path, os.R_OK) else None


def _describe(raw: Any) -> dict[str, Any]:
    sizes = raw.sizes
    return {
        "width": int(sizes.iwidth),
        "height": int(sizes.iheight),
        "sensor": [int(sizes.raw_width), int(sizes.raw_height)],
        "aspect": float(sizes.pixel_aspect),
        "flip": int(sizes.flip),
        "colours": int(raw.num_colors),
        "known": bool(raw.num_colors == 1 or raw.color_matrix.any() or raw.rgb_xyz_matrix.any()),
        "white": int(raw.white_level),
    }


def _develop(raw: Any) -> list[int]:
    """Write the developed samples (16-bit sRGB, upright) to standard output; returns their shape.

    Nothing here depends on what the picture shows: no automatic brightness, no white point from the
    brightest pixel, the white balance of the camera; so that the pages of a volume stay alike.
    """
    import rawpy

    pixels = raw.postprocess(
        demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
        half_size=False,
        use_camera_wb=True,
        output_color=rawpy.ColorSpace.sRGB,
        output_bps=16,
        no_auto_bright=True,
        adjust_maximum_thr=0.0,
        bright=1.0,
        highlight_mode=rawpy.HighlightMode.Clip,
        gamma=(2.4, 12.92),
    )
    view = memoryview(pixels).cast("B")
    while view:
        view = view[os.write(1, view) :]
    return [int(side) for side in pixels.shape]


def _bound(memory: int, seconds: int) -> None:
    """Limit address space and processor time; the caller's clock does it where the system cannot."""
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (memory if hard == resource.RLIM_INFINITY else min(memory, hard), hard))
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if hard == resource.RLIM_INFINITY else min(seconds, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _die_with_the_parent() -> None:
    if sys.platform.startswith("linux"):
        import ctypes
        import signal

        pr_set_pdeathsig = 1
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


if __name__ == "__main__":
    main()
