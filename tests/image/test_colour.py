"""Masters in other colour spaces arrive in sRGB through their profile, judged by a conversion in float."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from heritage3d.errors import ImageProfileBroken
from heritage3d.image import profile
from heritage3d.image.reading import describe
from tests.image import jp2, pictures
from tests.image.pictures import delta_e_2000, gradient, lab, matrix_profile, read

STEPS = np.linspace(0, 1, 1024)
CURVES = {
    "sRGB": pictures.srgb_to_linear,
    "2.2": lambda value: value**2.19921875,
    "L*": pictures.l_star_to_linear,
}
SPACES = {
    "Display P3": (pictures.DISPLAY_P3, "sRGB"),
    "Adobe RGB": (pictures.ADOBE_RGB, "2.2"),
    "eciRGB v2": (pictures.ECI_RGB, "L*"),
}


def _difference(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return delta_e_2000(lab(np.broadcast_to(found, wanted.shape)), lab(wanted))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("space", SPACES)
def test_rgb_profiles_are_followed(space: str, bits: int, tmp_path: Path) -> None:
    colorants, curve = SPACES[space]
    value = gradient(96, 64)
    top = (1 << bits) - 1
    samples = np.round(value * top).astype(np.uint8 if bits == 8 else np.uint16)
    icc = matrix_profile(colorants, CURVES[curve](STEPS), space)
    tifffile.imwrite(tmp_path / "m.tif", samples, photometric="rgb", iccprofile=icc)
    wanted = pictures.xyz_to_srgb(CURVES[curve](samples / top) @ colorants.T)
    difference = _difference(read(tmp_path / "m.tif"), wanted)
    assert difference.mean() < (0.35 if bits == 8 else 0.1)
    assert np.percentile(difference, 99) < 1.5
    assert describe(tmp_path / "m.tif")["icc"] == space


@pytest.mark.parametrize("bits", [8, 16])
def test_the_profile_of_a_jpeg_2000_file_is_followed_once(bits: int, tmp_path: Path) -> None:
    """Decoders convert it too; then the colours would be converted twice."""
    colorants, curve = SPACES["Adobe RGB"]
    top = (1 << bits) - 1
    samples = np.round(gradient(96, 64) * top).astype(np.uint8 if bits == 8 else np.uint16)
    icc = matrix_profile(colorants, CURVES[curve](STEPS), "Adobe RGB")
    (tmp_path / "m.jp2").write_bytes(jp2.boxed(jp2.codestream(samples), samples, icc))
    wanted = pictures.xyz_to_srgb(CURVES[curve](samples / top) @ colorants.T)
    assert _difference(read(tmp_path / "m.jp2"), wanted).mean() < (0.35 if bits == 8 else 0.1)


def test_cmyk_follows_its_profile(tmp_path: Path) -> None:
    """Judged by LittleCMS in floating point, without its shortcuts."""
    import imagecodecs

    from heritage3d.image.vips import pyvips

    press = pyvips.Image.profile_load("cmyk")
    inks = np.concatenate([1 - gradient(96, 64), np.full((64, 96, 1), 0.1)], axis=2)
    samples = np.round(inks * 65535).astype(np.uint16)
    tifffile.imwrite(tmp_path / "m.tif", samples, photometric="separated", iccprofile=press)
    spaces = {"colorspace": "cmyk", "outcolorspace": "rgb", "outdtype": "float64"}
    percent, flags = samples / 655.35, 0x2000 | 0x0040  # black point compensation, no optimisation
    srgb = imagecodecs.cms_profile("srgb")
    wanted = imagecodecs.cms_transform(percent, press, srgb, intent=1, flags=flags, **spaces).clip(0, 1)
    assert _difference(read(tmp_path / "m.tif"), wanted).mean() < 0.5


def test_16_bits_are_kept_to_the_last_step(tmp_path: Path) -> None:
    value = np.linspace(0.2, 0.21, 4096)[None, :, None].repeat(3, axis=2).repeat(8, axis=0)
    icc = matrix_profile(pictures.ADOBE_RGB, CURVES["2.2"](STEPS), "Adobe RGB")
    tifffile.imwrite(tmp_path / "m.tif", np.round(value * 65535).astype(np.uint16), photometric="rgb", iccprofile=icc)
    assert len(np.unique(read(tmp_path / "m.tif")[0, :, 1])) > 400  # 8 bits would leave three


def test_an_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    samples = pictures.noise(64, 64)
    icc = matrix_profile(pictures.SRGB, CURVES["sRGB"](STEPS), "sRGB IEC61966-2.1")
    assert profile.is_srgb(icc)
    tifffile.imwrite(tmp_path / "m.tif", samples, photometric="rgb", iccprofile=icc)
    assert (np.round(read(tmp_path / "m.tif") * 255) == samples).all()
    assert not profile.is_srgb(matrix_profile(pictures.DISPLAY_P3, CURVES["sRGB"](STEPS), "sRGB, it says"))
    assert not profile.is_srgb(matrix_profile(pictures.SRGB, CURVES["2.2"](STEPS), "sRGB, it says"))


def test_grey_profiles_are_followed(tmp_path: Path) -> None:
    samples = np.linspace(0, 65535, 4096).astype(np.uint16)[None, :].repeat(16, axis=0)
    linear = samples / 65535
    icc = pictures.grey_profile(STEPS, "linear grey")
    tifffile.imwrite(tmp_path / "m.tif", samples, photometric="minisblack", iccprofile=icc)
    found = read(tmp_path / "m.tif")
    assert found.shape[2] == 1
    assert np.abs(found[:, :, 0] - pictures.linear_to_srgb(linear))[:, 64:].max() < 0.004


def test_cielab_is_converted_from_d50(tmp_path: Path) -> None:
    value = pictures.lab(gradient(96, 64))
    samples = np.stack([value[..., 0] * 255 / 100, value[..., 1], value[..., 2]], axis=2).round()
    tifffile.imwrite(tmp_path / "m.tif", samples.astype(np.int16).astype(np.uint8), photometric="cielab")
    exact = np.stack([samples[..., 0] * 100 / 255, samples[..., 1], samples[..., 2]], axis=2)
    difference = _difference(read(tmp_path / "m.tif"), pictures.xyz_to_srgb(pictures.lab_to_xyz(exact)))
    assert difference.mean() < 0.5


def test_cmyk_without_a_profile_is_converted_and_the_evidence_says_what_was_assumed(tmp_path: Path) -> None:
    from heritage3d.image.reading import open_master

    samples = np.zeros((16, 16, 4), np.uint8)
    tifffile.imwrite(tmp_path / "m.tif", samples, photometric="separated")
    assert read(tmp_path / "m.tif").min() > 0.97  # no ink is paper
    with open_master(tmp_path / "m.tif") as master:
        assert master.profile.startswith("assumed")


def test_a_profile_for_another_model_is_refused(tmp_path: Path) -> None:
    icc = pictures.grey_profile(STEPS, "grey")
    tifffile.imwrite(tmp_path / "m.tif", pictures.noise(16, 16), photometric="rgb", iccprofile=icc)
    with pytest.raises(ImageProfileBroken, match="H3D-316"):
        read(tmp_path / "m.tif")
    broken = bytearray(icc)
    broken[36:40] = b"none"
    tifffile.imwrite(tmp_path / "n.tif", pictures.noise(16, 16), photometric="rgb", iccprofile=bytes(broken))
    with pytest.raises(ImageProfileBroken):
        read(tmp_path / "n.tif")


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_opacity_is_laid_on_white(kind: str, bits: int, planar: str, tmp_path: Path) -> None:
    top = (1 << bits) - 1
    colour = gradient(40, 30)
    alpha = np.linspace(0, 1, 40)[None, :, None].repeat(30, axis=0)
    stored = colour * alpha if kind == "assocalpha" else colour
    samples = np.round(np.concatenate([stored, alpha], axis=2) * top).astype(np.uint8 if bits == 8 else np.uint16)
    if planar == "separate":
        samples = np.moveaxis(samples, 2, 0)
    tifffile.imwrite(tmp_path / "m.tif", samples, photometric="rgb", planarconfig=planar, extrasamples=[kind])
    wanted = colour * alpha + 1 - alpha
    assert np.abs(read(tmp_path / "m.tif") - wanted).max() < 0.01
