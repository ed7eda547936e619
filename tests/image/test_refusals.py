"""Bad input gets one clear line: cut off, empty, lying, of another format than its name says, too large."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from heritage3d import errors
from heritage3d.errors import ImageError, ImageFormatUnknown, ImageTooLarge, ImageUnsupported
from heritage3d.image.reading import describe, open_master
from heritage3d.pipeline import limits
from tests.image.pictures import noise, read

VARIANTS = {
    "uncompressed.tif": {},
    "lzw.tif": {"compression": "lzw", "predictor": 2},
    "deflate.tif": {"compression": "deflate"},
    "zstd.tif": {"compression": "zstd"},
    "jpeg.tif": {"compression": "jpeg"},
    "tiled.tif": {"tile": (32, 48)},
    "tiled-lzw.tif": {"compression": "lzw", "tile": (32, 32)},
    "planar.tif": {"planarconfig": "separate"},
    "planar-deflate.tif": {"planarconfig": "separate", "compression": "deflate", "tile": (32, 32)},
    "big-endian.tif": {"byteorder": ">"},
    "bigtiff.tif": {"bigtiff": True, "rowsperstrip": 7},
    "packbits.tif": {"compression": "packbits", "rowsperstrip": 5},
    "strips.tif": {"rowsperstrip": 7, "byteorder": ">", "dtype": "u2"},
    "deep-lzw.tif": {"compression": "lzw", "dtype": "u2", "byteorder": ">"},
    "float.tif": {"dtype": "f4"},
    "half.tif": {"dtype": "f2", "compression": "zstd"},
    "uint32.tif": {"dtype": "u4"},
    "double.tif": {"dtype": "f8", "compression": "lzw"},
    "lzma.tif": {"compression": "lzma"},
    "webp.tif": {"compression": "webp", "compressionargs": {"lossless": True}, "tile": (32, 32)},
    "jxl.tif": {"compression": "jpegxl", "compressionargs": {"lossless": True}, "tile": (32, 32)},
    "jp2.tif": {"compression": "jpeg2000", "compressionargs": {"level": 0, "reversible": True}, "tile": (32, 32)},
    "float-planar.tif": {"dtype": "f4", "planarconfig": "separate", "compression": "deflate", "predictor": 3},
    "uint32-tiled.tif": {"dtype": "u4", "tile": (16, 16), "compression": "zstd", "bigtiff": True},
}


def write_tiff(path: Path, pixels: np.ndarray, options: dict[str, object]) -> np.ndarray:
    """Save 8-bit pixels in a variant; returns what a reader must find, in 0..1."""
    chosen = dict(options)
    dtype = np.dtype(str(chosen.pop("dtype", "u1")))
    top = 1 if dtype.kind == "f" else np.iinfo(dtype).max
    stored = (pixels / 255 * top).round(0 if dtype.kind == "u" else 7).astype(dtype)
    moved = np.moveaxis(stored, 2, 0) if chosen.get("planarconfig") == "separate" else stored
    tifffile.imwrite(path, np.ascontiguousarray(moved), photometric="rgb", **chosen)
    return stored.astype(np.float64) / top


@pytest.mark.parametrize("name", VARIANTS)
def test_every_tiff_variant_is_read_right(name: str, tmp_path: Path) -> None:
    pixels = noise(150, 101) if "jpeg" not in name else np.full((101, 150, 3), 90, np.uint8)
    wanted = write_tiff(tmp_path / name, pixels, VARIANTS[name])
    assert np.abs(read(tmp_path / name) - wanted).max() < (0.02 if "jpeg" in name else 2e-5)


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14])
def test_unusual_depths_reach_the_full_range(bits: int, tmp_path: Path) -> None:
    top = (1 << bits) - 1
    values = np.arange(top + 1, dtype=np.uint16).repeat(2)[None, :].repeat(3, axis=0)
    if bits == 1:
        tifffile.imwrite(tmp_path / "m.tif", values.astype(bool), photometric="minisblack")
    else:
        dtype = np.uint8 if bits < 8 else np.uint16
        tifffile.imwrite(tmp_path / "m.tif", values.astype(dtype), photometric="minisblack", bitspersample=bits)
    found = read(tmp_path / "m.tif")[:, :, 0]
    assert np.abs(found - values / top).max() < (0.002 if bits < 8 else 2e-5)
    assert found.max() == 1


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.tif").write_bytes(b"")
    with pytest.raises(errors.ImageEmpty, match=r"H3D-314 .*m\.tif"):
        describe(tmp_path / "m.tif")


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        (b"GIF89a" + bytes(20), "H3D-324", "GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "H3D-324", "HEIC"),
        (b"\0\0\0\x18ftypavif" + bytes(20), "H3D-324", "AVIF"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20), "H3D-324", "JPEG XL"),
        (b"\xff\x0a" + bytes(20), "H3D-324", "JPEG XL"),
        (b"\0\0\0\x18ftypisom" + bytes(20), "H3D-324", "film"),
        (bytes(128) + b"DICM", "H3D-324", "DICOM"),
        (b"P6 4 4 255\n" + bytes(48), "H3D-324", "Netpbm"),
        (b"8BPS\0\1" + bytes(20), "H3D-324", "PSD"),
        (bytes(500), "H3D-312", "no image"),
        (b"\n", "H3D-312", "no image"),
        (b"II*\0", "H3D-311", "few bytes"),
        (b"\xff\xd8\xff", "H3D-311", "cut off"),
    ],
)
def test_every_refusal_is_one_line_with_its_code_in_both_languages(
    content: bytes, code: str, named: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.tif"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=named) as caught:
        read(path)
    for language in ("en", "zh-Hans"):
        line = caught.value.line(language)
        assert line.startswith(f"{code} {path}: ")
        assert "\n" not in line
        assert caught.value.cure(language)


def test_the_content_decides_and_not_the_suffix(tmp_path: Path) -> None:
    pixels = noise(20, 10)
    Image.fromarray(pixels).save(tmp_path / "m.png")
    (tmp_path / "m.png").rename(tmp_path / "m.tif")
    assert describe(tmp_path / "m.tif")["format"] == "PNG"
    assert (np.round(read(tmp_path / "m.tif") * 255) == pixels).all()
    for content, named in ((b"%PDF-1.7 and more", "PDF"), (b"<svg xmlns='x'/>", "SVG"), (b"not an image", "first")):
        (tmp_path / "m.tif").write_bytes(content)
        with pytest.raises(ImageFormatUnknown, match=named):
            read(tmp_path / "m.tif")


def test_names_that_break_other_readers_are_read(tmp_path: Path) -> None:
    pixels = noise(20, 10)
    for name in (b"\xcf\xe3\xb9\xf1.png", "竹简[1].png".encode(), b"-rf.png", b"a b#?%.png", b"new\nline.png"):
        path = Path(str(tmp_path)) / name.decode("utf-8", "surrogateescape")
        Image.fromarray(pixels).save(tmp_path / "plain.png")
        (tmp_path / "plain.png").rename(path)
        assert (np.round(read(path) * 255) == pixels).all()


def _png_of(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_header_that_claims_too_much_is_refused_before_decoding(tmp_path: Path) -> None:
    (tmp_path / "m.png").write_bytes(_png_of(100_000, 100_000))
    with pytest.raises(ImageTooLarge, match="10000000000") as caught:
        describe(tmp_path / "m.png")
    assert caught.value.fields["limit"] == limits.MAX_PIXELS
    tifffile.imwrite(tmp_path / "m.tif", noise(16, 16), photometric="rgb")
    content = bytearray((tmp_path / "m.tif").read_bytes())
    at = content.index(struct.pack("<HHII", 256, 4, 1, 16)) if struct.pack("<HHII", 256, 4, 1, 16) in content else 0
    at = at or content.index(struct.pack("<HHIH", 256, 3, 1, 16))
    content[at : at + 12] = struct.pack("<HHII", 256, 4, 1, 2_000_000_000)
    (tmp_path / "m.tif").write_bytes(bytes(content))
    with pytest.raises(ImageError):
        describe(tmp_path / "m.tif")


def test_what_would_be_a_guess_is_refused(tmp_path: Path) -> None:
    pixels = noise(40, 30, 1)[:, :, 0]
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, pixels.astype(np.int16), photometric="minisblack")
    with pytest.raises(ImageUnsupported, match="signed"):
        read(path)
    tifffile.imwrite(path, pixels.astype(np.float32), photometric="minisblack")
    with pytest.raises(ImageUnsupported, match="between 0 and 1"):
        read(path)
    with tifffile.TiffWriter(path) as writer:
        writer.write(pixels, photometric="minisblack")
        writer.write(pixels, photometric="minisblack")
    with pytest.raises(errors.ImageManyPages, match=r"H3D-321 .*2 pages"):
        read(path)
    # As tifffile writes channels whose meaning nobody tells: the tag ExtraSamples is taken out again.
    tifffile.imwrite(path, np.zeros((30, 40, 6), np.uint8), photometric="rgb", extrasamples=["unspecified"] * 3)
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<HHI", 338, 3, 3), struct.pack("<HHI", 65000, 3, 3)))
    with pytest.raises(errors.ImageColoursUnclear, match=r"H3D-325 .*6 channels"):
        read(path)


@pytest.mark.parametrize("options", [{}, {"compression": "lzw"}, {"planarconfig": "separate"}, {"tile": (32, 32)}])
def test_channels_that_are_no_colour_are_left_out(options: dict[str, object], tmp_path: Path) -> None:
    """Infrared of a scanner, masks of an image editor: told as unspecified, beside the opacity or without."""
    pixels = noise(90, 60, 5)
    stored = np.moveaxis(pixels, 2, 0) if "planarconfig" in options else pixels
    kinds = ["unspecified", "unspecified"]
    tifffile.imwrite(tmp_path / "m.tif", stored, photometric="rgb", extrasamples=kinds, **options)
    assert (np.round(read(tmp_path / "m.tif") * 255) == pixels[:, :, :3]).all()
    opaque = pixels.copy()
    opaque[:, :, 3] = 255
    stored = np.ascontiguousarray(np.moveaxis(opaque, 2, 0) if "planarconfig" in options else opaque)
    kinds = ["unassalpha", "unspecified"]
    tifffile.imwrite(tmp_path / "m.tif", stored, photometric="rgb", extrasamples=kinds, **options)
    assert np.abs(read(tmp_path / "m.tif") * 255 - pixels[:, :, :3]).max() < 1


def test_a_pyramid_and_a_thumbnail_are_no_further_pages(tmp_path: Path) -> None:
    pixels = noise(640, 480)
    for marks in (0, 1):
        with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
            writer.write(pixels[::4, ::4], photometric="rgb", subfiletype=marks)
            writer.write(pixels, photometric="rgb")
            writer.write(pixels[::2, ::2], photometric="rgb", subfiletype=marks)
        assert (np.round(read(tmp_path / "m.tif") * 255) == pixels).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["tif", "jpg", "png", "webp"])
def test_orientation_is_applied(orientation: int, form: str, tmp_path: Path) -> None:
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[:20, :30], upright[:20, 30:], upright[20:, :30] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    back = {
        1: lambda v: v,
        2: lambda v: v[:, ::-1],
        3: lambda v: v[::-1, ::-1],
        4: lambda v: v[::-1],
        5: lambda v: v.swapaxes(0, 1),
        6: lambda v: np.rot90(v),
        7: lambda v: np.rot90(v, 2).swapaxes(0, 1),
        8: lambda v: np.rot90(v, -1),
    }
    stored = np.ascontiguousarray(back[orientation](upright))
    path = tmp_path / f"m.{form}"
    if form == "tif":
        tifffile.imwrite(path, stored, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    else:
        exif = Image.Exif()
        exif[274] = orientation
        Image.fromarray(stored).save(path, exif=exif, quality=95)
    told = describe(path)
    assert (told["width"], told["height"], told["orientation"]) == (60, 40, orientation)
    assert np.abs(read(path) * 255 - upright)[2:-2, 2:-2].mean() < 4


def test_describe_tells_the_resolution_and_the_profile(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "m.tif", noise(20, 10), photometric="rgb", resolution=(400, 400), resolutionunit="inch")
    told = describe(tmp_path / "m.tif")
    assert told["ppi"] == 400
    assert (told["width"], told["height"], told["bits"], told["bands"], told["icc"]) == (20, 10, 8, 3, None)
    Image.fromarray(noise(20, 10)).save(tmp_path / "m.jpg", dpi=(300, 300))
    assert describe(tmp_path / "m.jpg")["ppi"] == 300


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    Image.fromarray(noise(300, 200)).save(tmp_path / "m.jpg")
    assert (read(tmp_path / "m.jpg") == read(tmp_path / "m.jpg")).all()
    with open_master(tmp_path / "m.jpg") as master:
        assert (master.width, master.height, master.channels, master.depth) == (300, 200, 3, 8)
