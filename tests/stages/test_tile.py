"""The stage ``tile`` on the disk: a complete IIIF service, or one clear refusal."""

from __future__ import annotations

import functools
import hashlib
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from heritage3d.errors import ImageError
from heritage3d.iiif.check_image_service import check
from heritage3d.iiif.image_service import ImageService
from heritage3d.pipeline import addresses
from heritage3d.pipeline.kinds import recognise
from heritage3d.stages.tile import tile
from tests.image import pictures
from tests.image.openseadragon_requests import requests


def _bound(dest: Path, base: str = "http://127.0.0.1:8000/x/") -> dict:
    document = addresses.rebind(addresses.load(dest / "info.json"), addresses.HERE, base)
    (dest / "info.json").write_bytes(addresses.dump(document))
    return document


@pytest.mark.parametrize("form", ["jpg", "webp"])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (40, 30), (128, 128), (129, 1), (500, 333), (90, 700)])
def test_the_service_is_complete(width: int, height: int, form: str, tmp_path: Path) -> None:
    Image.fromarray(pictures.noise(width, height)).save(tmp_path / "scan.png")
    dest = tmp_path / "service"
    dest.mkdir()
    evidence = tile(tmp_path / "scan.png", dest, format=form, size=128)
    document = _bound(dest)
    assert check(dest / "info.json") == []
    for path, w, h in requests(document):
        with Image.open(dest / path) as picture:
            assert picture.size == (w, h)
            assert picture.format == {"jpg": "JPEG", "webp": "WEBP"}[form]
    with Image.open(dest / "full/max/0/default.jpg") as picture:
        assert picture.size == (width, height)
    files = [path for path in dest.rglob("default.*") if path.is_file()]
    service = ImageService(width, height, 128, form)
    places = {address.path: (address.width, address.height) for address in service.addresses()}
    assert {path.relative_to(dest).as_posix() for path in files} == set(places)
    for place, size in places.items():
        with Image.open(dest / place) as picture:
            assert picture.size == size
    assert (evidence.tiles, evidence.bytes) == (len(files), sum(path.stat().st_size for path in files))
    assert sorted(path.name for path in dest.iterdir() if path.is_file()) == ["info.json"]


def test_the_check_finds_what_is_missing_or_of_another_size(tmp_path: Path) -> None:
    Image.fromarray(pictures.noise(300, 200)).save(tmp_path / "scan.png")
    dest = tmp_path / "service"
    dest.mkdir()
    tile(tmp_path / "scan.png", dest, size=128)
    _bound(dest)
    found = recognise(dest / "info.json")
    assert found is not None
    assert found.name == "IIIF image service"
    (dest / "128,0,128,128/128,128/0/default.jpg").unlink()
    Image.fromarray(pictures.noise(7, 7)).save(dest / "full/150,100/0/default.jpg")
    (dest / "full/max/0/default.jpg").write_bytes(b"")
    assert [(finding.code, finding.where) for finding in found.check(dest / "info.json")] == [
        ("H3D-332", "full/max/0/default.jpg"),
        ("H3D-332", "full/150,100/0/default.jpg"),
        ("H3D-331", "128,0,128,128/128,128/0/default.jpg"),
    ]
    assert found.info(dest / "info.json")["width"] == 300


def test_the_check_judges_the_trees_of_others(data: Path) -> None:
    trees = data / "images" / "tile-trees-golden"
    found = [finding.where for finding in check(trees / "iiif_3_0_sizes" / "info.json")]
    assert found == ["/type", "full/max/0/default.jpg"]  # the tree leaves both out
    assert [finding.code for finding in check(trees / "iiif_1_1_tiled" / "info.json")] == ["H3D-333"]


def test_tiles_have_the_colours_of_the_master(tmp_path: Path) -> None:
    value = pictures.gradient(700, 500)
    samples = np.round(value * 65535).astype(np.uint16)
    steps = np.linspace(0, 1, 1024)
    icc = pictures.matrix_profile(pictures.DISPLAY_P3, pictures.srgb_to_linear(steps), "Display P3")
    tifffile.imwrite(tmp_path / "scan.tif", samples, photometric="rgb", iccprofile=icc, compression="lzw")
    dest = tmp_path / "service"
    dest.mkdir()
    evidence = tile(tmp_path / "scan.tif", dest, quality=90, size=256)
    assert evidence.master_profile == "Display P3"
    exact = pictures.lab(pictures.xyz_to_srgb(pictures.srgb_to_linear(samples / 65535) @ pictures.DISPLAY_P3.T))
    with Image.open(dest / "full/max/0/default.jpg") as picture:
        found = pictures.lab(np.asarray(picture) / 255)
    assert pictures.delta_e_2000(found, exact).mean() < 0.5
    with Image.open(dest / "256,0,256,256/256,256/0/default.jpg") as picture:
        found = pictures.lab(np.asarray(picture) / 255)
    assert pictures.delta_e_2000(found, exact[:256, 256:512]).mean() < 0.5


def test_the_same_master_gives_the_same_bytes(tmp_path: Path) -> None:
    Image.fromarray(pictures.noise(400, 300)).save(tmp_path / "scan.jpg", quality=95)
    trees = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        tile(tmp_path / "scan.jpg", tmp_path / name, size=128)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        content = {str(path.relative_to(tmp_path / name)): path.read_bytes() for path in files}
        trees.append({path: hashlib.sha256(value).hexdigest() for path, value in content.items()})
    assert trees[0] == trees[1]


def test_grey_stays_grey_and_transparent_becomes_white(tmp_path: Path) -> None:
    Image.fromarray(pictures.noise(50, 40, 1)[:, :, 0]).save(tmp_path / "grey.png")
    Image.new("RGBA", (50, 40), (200, 0, 0, 0)).save(tmp_path / "clear.png")
    for name, mode in (("grey", "L"), ("clear", "RGB")):
        (tmp_path / name).mkdir()
        tile(tmp_path / f"{name}.png", tmp_path / name)
        with Image.open(tmp_path / name / "full/max/0/default.jpg") as picture:
            assert picture.mode == mode
            if name == "clear":
                assert np.asarray(picture).min() >= 254


def test_a_master_that_breaks_off_is_refused(tmp_path: Path) -> None:
    Image.fromarray(pictures.noise(900, 900)).save(tmp_path / "scan.jpg")
    content = (tmp_path / "scan.jpg").read_bytes()
    (tmp_path / "scan.jpg").write_bytes(content[: len(content) // 2])
    dest = tmp_path / "service"
    dest.mkdir()
    with pytest.raises(ImageError, match=r"H3D-311 .*scan\.jpg"):
        tile(tmp_path / "scan.jpg", dest)
    assert not (dest / "info.json").exists()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    root = tmp_path / "site"
    root.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield root, server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["png", "jp2"])
def test_the_official_validator_passes_it(name: str, data: Path, site: tuple[Path, int]) -> None:
    pytest.importorskip("iiif_validator", reason="iiif-validator is not installed")
    pytest.importorskip("magic", reason="the library libmagic is not installed", exc_type=ImportError)
    root, port = site
    master = next((data / "images" / "iiif-validator-reference").rglob(f"*.{name}"))
    dest = root / "iiif" / "reference"
    dest.mkdir(parents=True)
    tile(master, dest)
    _bound(dest, f"http://127.0.0.1:{port}/iiif/reference/")
    command = [sys.executable, str(Path(sys.executable).with_name("iiif-validate.py")), "--version=3.0", "--level=0"]
    command += ["-s", f"127.0.0.1:{port}", "-p", "iiif", "-i", "reference", "-v"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "5 tests, 0 failures" in output, output


def test_a_very_wide_scan_stays_within_300_megabytes(tmp_path: Path) -> None:
    """65,536 pixels across: a row of tiles alone would be 100 MB at each of two levels."""
    from tests.benchmarks.masters import make_shared_strips

    master = make_shared_strips(tmp_path / "wide.tif", 65_536, 1_100)
    dest = tmp_path / "service"
    program = """
import re, sys
from pathlib import Path
from heritage3d.pipeline.process import prepare_process
from heritage3d.stages.tile import tile
prepare_process()
Path(sys.argv[2]).mkdir()
tile(Path(sys.argv[1]), Path(sys.argv[2]))
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell the peak of a process's memory")
    told = subprocess.run(
        [sys.executable, "-c", program, str(master), str(dest)], check=True, capture_output=True, text=True
    )
    assert int(told.stdout) / 1024 < 300
    _bound(dest)
    assert check(dest / "info.json") == []


def test_the_pass_that_cuts_also_measures(tmp_path: Path) -> None:
    bright = np.full((900, 1300, 3), 255, np.uint8)
    bright[:, :650] = 128
    Image.fromarray(bright).save(tmp_path / "scan.png")
    for name in ("plain", "measured"):
        (tmp_path / name).mkdir()
    assert tile(tmp_path / "scan.png", tmp_path / "plain").quality == ()
    evidence = tile(tmp_path / "scan.png", tmp_path / "measured", measure=True)
    figures = {figure.name: figure.value for figure in evidence.quality}
    assert figures["brightest"] == pytest.approx(100, abs=0.5)
    assert figures["clipped_shadows"] == 0
    first, second = (
        sorted(path.read_bytes() for path in (tmp_path / name).rglob("default.jpg")) for name in ("plain", "measured")
    )
    assert first == second
