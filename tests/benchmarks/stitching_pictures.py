"""The pictures of joining in the guide: ``python -m tests.benchmarks.stitching_pictures docs/pictures``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import tifffile

from heritage3d.stitching import joining
from tests.benchmarks.stitching import sample_scroll

Y, TALL, WIDE = 620, 640, 500


def main() -> None:
    """Join the sample scroll; draw the whole, and one seam before and after at 100 %."""
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as temporary:
        case = sample_scroll(Path(temporary) / "scroll")
        dest = Path(temporary) / "whole.tif"
        made = joining.stitch([(path.stem, path) for path in case.files], dest, tolerance_px=3.0)
        whole = tifffile.imread(dest)
        parts = [cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1] for path in case.files]
    scale = 1568 / whole.shape[1]
    shelf = np.full((int(parts[0].shape[0] * scale) + 24, 1568, 3), 255, np.uint8)
    step = (1568 - int(parts[0].shape[1] * scale)) // 3
    for at, part in enumerate(reversed(parts)):
        small = cv2.resize(part, None, fx=scale * 0.84, fy=scale * 0.84, interpolation=cv2.INTER_AREA)
        left = at * (1568 - small.shape[1]) // 3 if step else 0
        shelf[12 : 12 + small.shape[0], left : left + small.shape[1]] = small
    shelf = shelf[: 24 + int(parts[0].shape[0] * scale * 0.84)]
    joined = cv2.resize(whole, (1568, round(whole.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    _write(folder / "scroll.jpg", np.concatenate([shelf, joined]), 84)

    left = round(made.parts[1].x_px) + 14
    after = whole[Y : Y + TALL, left : left + WIDE]
    before = np.empty_like(after)
    middle = WIDE // 2
    for part, pixels, columns in ((2, parts[2], slice(0, middle)), (1, parts[1], slice(middle, WIDE))):
        x, y = round(made.parts[part].x_px), round(made.parts[part].y_px)
        before[:, columns] = pixels[Y - y : Y - y + TALL, left - x : left - x + WIDE][:, columns]
    gap = np.full((TALL, 16, 3), 255, np.uint8)
    _write(folder / "seam.jpg", np.concatenate([before, gap, after], axis=1), 86)


def _write(path: Path, picture: np.ndarray, quality: int) -> None:
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(picture[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    path.write_bytes(data.tobytes())
    print(f"{path}: {len(data) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
