"""A master that libvips gets through a pipe is the same as one that it maps, and lets go of everything."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from heritage3d.errors import ImageError
from heritage3d.image import through_vips
from heritage3d.image.reading import open_master
from tests.image import pictures


@pytest.fixture(params=["jpg", "png"])
def master(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"page.{request.param}"
    Image.fromarray(pictures.noise(1400, 1100)).save(path)
    return path


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file goes through the pipe, also a small one."""
    monkeypatch.setattr(through_vips, "WORTHWHILE", 0)


def read(path: Path) -> np.ndarray:
    with open_master(path) as scan:
        return np.concatenate([strip.copy() for strip in scan.strips()])


def feeders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name in ("feeder", "decoder")]


def test_the_same_pixels(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapped = read(master)
    monkeypatch.setattr(through_vips, "WORTHWHILE", 0)
    assert (read(master) == mapped).all()
    assert feeders() == []


@pytest.mark.usefixtures("fed")
def test_a_file_that_ends_too_early_is_refused(master: Path) -> None:
    master.write_bytes(master.read_bytes()[: master.stat().st_size * 2 // 3])
    with pytest.raises(ImageError):
        read(master)
    assert feeders() == []


@pytest.mark.usefixtures("fed")
def test_one_who_stops_in_the_middle_leaves_no_thread(master: Path) -> None:
    with open_master(master) as scan:
        next(iter(scan.strips()))
    assert feeders() == []
    with open_master(master):
        pass
    assert feeders() == []
