"""KTX2 textures: decoded by others and by us to the same texels, near the source, and valid in a glTF file."""

from __future__ import annotations

import base64
import json
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heritage3d.errors import TextureUnreadable
from heritage3d.gltf import checking, khronos, ktx2, mipmaps, reading, textures, uastc, writing
from heritage3d.gltf.model import Texture
from heritage3d.gltf.writing import Encoding
from tests.gltf import models

BASIS = Path(writing.__file__).parents[1] / "viewer/node_modules/three/examples/jsm/libs/basis"
_SCRIPT = """
const fs = require("fs"), path = require("path");
const folder = process.argv[1], source = fs.readFileSync(path.join(folder, "basis_transcoder.js"), "utf8");
const factory = new Function("require", "process", "__dirname", source + "; return BASIS;")(require, process, folder);
factory({ wasmBinary: fs.readFileSync(path.join(folder, "basis_transcoder.wasm")) }).then((basis) => {
  basis.initializeBasis();
  const file = new basis.KTX2File(new Uint8Array(fs.readFileSync(process.argv[2])));
  if (!file.isValid() || !file.startTranscoding()) throw new Error("refused");
  const parts = [];
  for (let level = 0; level < file.getLevels(); level++) {
    const format = 13; // RGBA32
    const out = new Uint8Array(file.getImageTranscodedSizeInBytes(level, 0, 0, format));
    if (!file.transcodeImage(out, level, 0, 0, format, 0, -1, -1)) throw new Error("level " + level);
    parts.push(Buffer.from(out));
  }
  fs.writeFileSync(process.argv[3], Buffer.concat(parts));
  console.log(JSON.stringify([file.isUASTC(), file.getHasAlpha(), file.getWidth(), file.getHeight()]));
});
"""


def painted(kind: str, side: int = 96) -> np.ndarray:
    """Texels of the kinds that a scan has: grain, ink with hard edges, soft alpha, one flat colour."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:side, 0:side]
    colour = np.stack([200 + 20 * np.sin(x / 17), 180 + 20 * np.cos(y / 13), 140 + x / 4], axis=-1)
    ink = (np.sin(x / 5) * np.cos(y / 7) > 0.5)[..., None]
    pixels = np.where(ink, [50, 36, 30], colour) + rng.normal(scale=2.5, size=(side, side, 3))
    pixels[: side // 4] = (120, 90, 60)
    alpha = 255 * np.clip((x + y) / side, 0, 1) if kind == "alpha" else np.full((side, side), 255)
    return np.clip(np.round(np.dstack([pixels, alpha])), 0, 255).astype(np.uint8)


def psnr(left: np.ndarray, right: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((left.astype(float) - right) ** 2)))


@pytest.mark.parametrize("kind", ["opaque", "alpha"])
def test_another_decoder_sees_the_same_texels_on_every_level(kind: str) -> None:
    basisu = pytest.importorskip("opengl_basisu")
    pixels = painted(kind)[:, :80]
    data = ktx2.encode(pixels, srgb=True)
    texture = basisu.open(data)
    assert (texture.width, texture.height, texture.levels) == (80, 96, 7)
    for level in range(7):
        assert np.array_equal(texture.transcode("rgba8", level=level).data, ktx2.decode(data, level))
    for target in ("bc1", "bc3", "bc7", "etc1", "etc2", "astc_4x4"):
        assert texture.transcode(target, level=0).data.size


@pytest.mark.skipif(not BASIS.is_dir() or khronos.node() is None, reason="the viewer's packages are not installed")
@pytest.mark.parametrize("kind", ["opaque", "alpha"])
def test_the_transcoder_of_three_sees_the_same_texels(kind: str, tmp_path: Path) -> None:
    pixels = painted(kind)
    (tmp_path / "a.ktx2").write_bytes(ktx2.encode(pixels, srgb=True))
    run = subprocess.run(
        [str(khronos.node()), "-e", _SCRIPT, str(BASIS), str(tmp_path / "a.ktx2"), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == [1 if "[1" in run.stdout else True, kind == "alpha", 96, 96]
    out = np.frombuffer((tmp_path / "out").read_bytes(), np.uint8)
    assert np.array_equal(out[: pixels.size].reshape(pixels.shape), ktx2.decode((tmp_path / "a.ktx2").read_bytes()))


def test_quality_of_what_is_decoded() -> None:
    for kind, least in (("opaque", 42.0), ("alpha", 40.0)):
        pixels = painted(kind)
        made = ktx2.decode(ktx2.encode(pixels, srgb=True))
        assert psnr(made, pixels) > least
        # No block stands out: the worst of all 4x4 squares is near its source too.
        off = np.abs(made.astype(int) - pixels)[..., :3].reshape(24, 4, 24, 4, 3).mean(axis=(1, 3, 4))
        assert off.max() < 14
    assert np.array_equal(ktx2.decode(ktx2.encode(pixels[:4, :4], srgb=True))[..., :3], pixels[:4, :4, :3])


def test_the_encoder_knows_its_own_error() -> None:
    pixels = painted("opaque")
    blocks, error = uastc.encode(pixels)
    made = ktx2.decode(ktx2.encode(pixels, srgb=True))
    assert error == pytest.approx(float(((made.astype(float) - pixels) ** 2).sum()), abs=0.5)
    assert len(blocks) == 24 * 24 * 16


def test_the_bytes_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.tile(painted("opaque"), (3, 1, 1))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = ktx2.encode(pixels, srgb=True)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert ktx2.encode(pixels, srgb=True) == alone


def test_the_header_and_the_descriptor_are_those_of_the_specification() -> None:
    data = ktx2.encode(painted("opaque")[:, :, :3], srgb=True)
    fields = struct.unpack_from("<9I", data, 12)
    assert fields == (0, 1, 96, 96, 0, 0, 1, 7, 2)
    dfd, dfd_size, kvd, kvd_size, sgd, sgd_size = struct.unpack_from("<4I2Q", data, 48)
    assert (dfd, dfd_size, sgd, sgd_size) == (80 + 24 * 7, 44, 0, 0)
    assert struct.unpack_from("<IIHH", data, dfd) == (44, 0, 2, 40)
    assert list(data[dfd + 12 : dfd + 28]) == [166, 1, 2, 0, 3, 3, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]
    assert struct.unpack_from("<HBB4B2I", data, dfd + 28) == (0, 127, 0, 0, 0, 0, 0, 0, 0xFFFFFFFF)
    assert data[kvd + 4 : kvd + 22] == b"KTXorientation\0rd\0"
    assert b"KTXwriter\0heritage3d " in data[kvd : kvd + kvd_size]
    places = [struct.unpack_from("<3Q", data, 80 + 24 * level) for level in range(7)]
    end = kvd + kvd_size
    for offset, size, _ in reversed(places):  # the smallest level comes first, and nothing lies between
        assert offset == end
        end += size
    assert end == len(data)
    assert [whole for _, _, whole in places] == [9216, 2304, 576, 144, 64, 16, 16]
    linear = ktx2.encode(painted("opaque"), srgb=False, normal_map=True)
    assert list(linear[dfd + 12 : dfd + 16]) == [166, 0, 1, 0]
    assert not ktx2.header(linear).srgb


def test_mip_levels_average_light_and_keep_normals_at_length() -> None:
    board = np.zeros((8, 8, 4), np.uint8)
    board[::2, ::2, :3] = board[1::2, 1::2, :3] = 255
    board[..., 3] = 255
    assert mipmaps.chain(board, srgb=True)[1][0, 0, 0] == 188  # half the light, not half the number
    assert mipmaps.chain(board, srgb=False)[-1][0, 0, 0] == 128
    tilted = np.zeros((4, 4, 4), np.uint8)
    tilted[:, ::2] = (218, 128, 218, 255)
    tilted[:, 1::2] = (37, 128, 218, 255)
    assert (
        np.abs(mipmaps.chain(tilted, srgb=False, normal_map=True)[1][0, 0].astype(int) - (128, 128, 255, 255)).max() < 2
    )
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[0, 0] = (200, 100, 50, 255)
    assert mipmaps.chain(clear, srgb=True)[-1][0, 0].tolist() == [200, 100, 50, 16]


def test_sides_must_be_multiples_of_four() -> None:
    with pytest.raises(ValueError, match="multiples of four"):
        ktx2.encode(np.zeros((10, 8, 3), np.uint8), srgb=True)


@pytest.mark.parametrize("kept", [20, 79, 150, -40])
def test_a_file_cut_short_is_refused(kept: int) -> None:
    data = ktx2.encode(painted("opaque", 32), srgb=True)[:kept]
    with pytest.raises(ktx2.Ktx2Fault):
        ktx2.decode(data)


def test_lies_in_the_header_are_refused() -> None:
    data = ktx2.encode(painted("opaque", 32), srgb=True)
    for at, value in ((20, 1 << 30), (24, 0), (28, 5), (44, 3), (12, 9), (48, 1 << 31), (80, 1 << 40), (88, 1 << 33)):
        broken = bytearray(data)
        struct.pack_into("<Q" if at >= 80 else "<I", broken, at, value)
        with pytest.raises(ktx2.Ktx2Fault):
            ktx2.decode(bytes(broken))
    etc1s = bytearray(data)
    etc1s[struct.unpack_from("<I", data, 48)[0] + 12] = 163
    etc1s[44] = 1
    with pytest.raises(ktx2.Ktx2Fault, match="ETC1S"):
        ktx2.decode(bytes(etc1s))


# --- in a model ------------------------------------------------------------------------------------------------


def test_a_model_with_ktx2_textures_is_valid_and_read_back(tmp_path: Path) -> None:
    model = models.full()
    role = textures.Role(side=64, data_side=16, format="ktx2")
    made = textures.fitted(model, role, "a")
    assert {entry.mime for entry in made.textures} == {"image/ktx2"}
    (tmp_path / "a.glb").write_bytes(writing.write(made, Encoding()))
    document = reading.Document(reading.container.read(tmp_path / "a.glb")).root
    assert "KHR_texture_basisu" in document["extensionsRequired"]
    assert all("source" not in entry for entry in document["textures"])
    again = reading.read(tmp_path / "a.glb")
    assert [entry.data for entry in again.textures] == [entry.data for entry in made.textures]
    before, after = (textures.pixels(entry.textures[0], "a", 16).astype(int) for entry in (model, again))
    assert np.abs(before - after).mean() < 40  # the picture is noise, which blocks cannot hold well
    report = khronos.validate(tmp_path / "a.glb")
    if report is not None:
        assert checking.judged(tmp_path / "a.glb", report) == []


def test_colours_and_data_say_so() -> None:
    picture = Texture(models.picture("PNG", 3, 16), "image/png")
    material = {"normalTexture": {"index": 0}, "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}
    model = replace(models.full(), materials=(material,), textures=(picture,))
    model = replace(model, primitives=tuple(replace(entry, material=0) for entry in model.primitives))
    made = textures.fitted(model, textures.Role(16, 16, format="ktx2"), "a")
    assert [ktx2.header(entry.data).srgb for entry in made.textures] == [True, False]
    assert made.materials[0]["normalTexture"]["index"] == 1
    assert model.materials[0]["normalTexture"]["index"] == 0


def test_odd_sides_become_multiples_of_four() -> None:
    picture = Texture(models.picture("PNG", 3, 30), "image/png")
    model = replace(models.full(), materials=(), textures=(picture,))
    head = ktx2.header(textures.fitted(model, textures.Role(64, 64, format="ktx2"), "a").textures[0].data)
    assert (head.width, head.height) == (32, 32)


def test_jpeg_is_written_unless_alpha_tells() -> None:
    model = replace(models.full(), materials=(), textures=(Texture(models.picture("PNG", 3, 32), "image/png"),))
    assert textures.fitted(model, textures.Role(32, 32, 60, format="jpeg"), "a").textures[0].mime == "image/jpeg"


def test_a_broken_ktx2_texture_is_named() -> None:
    broken = Texture(ktx2.IDENTIFIER + bytes(30), "image/ktx2", name="skin")
    with pytest.raises(TextureUnreadable) as caught:
        textures.decode(broken, "bone")
    assert "KTX2" in str(caught.value.fields["detail"])


def test_a_picture_beside_ktx2_is_read_instead(tmp_path: Path) -> None:
    made = textures.fitted(models.full(), textures.Role(side=16, data_side=16, format="ktx2"), "a")
    (tmp_path / "a.glb").write_bytes(writing.write(made, Encoding("none", 16)))
    source = reading.container.read(tmp_path / "a.glb")
    document = reading.Document(source)
    png = base64.b64encode(models.picture("PNG", 9)).decode()
    document.root["images"].append({"uri": f"data:image/png;base64,{png}"})
    document.root["textures"][0]["source"] = len(document.root["images"]) - 1
    (tmp_path / "b.glb").write_bytes(reading.container.pack(document.root, bytes(document.buffer(0))))
    again = reading.read(tmp_path / "b.glb")
    assert again.textures[0].mime == "image/png"
    assert {entry.mime for entry in again.textures[1:]} == {"image/ktx2"}
