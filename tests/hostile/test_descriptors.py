"""Files that cannot be read are let go: a night of damaged scans must not use up the descriptors of a process."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from PIL import Image

from heritage3d.quality import limits
from heritage3d.quality.inspecting import inspect
from tests.image.pictures import noise

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list descriptors")


def held(file: Path) -> int:
    """How many descriptors of this process lead to the file."""
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the listing's own
            found += entry.readlink() == file
    return found


@pytest.mark.parametrize("form", ["jpg", "png", "webp", "tif"])
def test_an_inspection_of_a_file_that_was_cut_off_holds_nothing_of_it(form: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(noise(600, 400)).save(stream, {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF"}[form])
    file = tmp_path / f"scan.{form}"
    file.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])
    kept = [inspect(file, category=limits.DEFAULT) for _ in range(3)]
    assert {entry.error.code for entry in kept if entry.error} == {"H3D-311"}
    assert held(file) == 0
