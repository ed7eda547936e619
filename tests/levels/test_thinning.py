"""A scan in many charts gets as few triangles as one in few: laid out anew, with the colours of the scan."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from heritage3d.gltf.model import Model, Primitive, Texture
from heritage3d.gltf.textures import pixels
from heritage3d.levels import thinning
from heritage3d.simplification import by_error

SIDE = 48  # squares along a side, each a chart of its own
RED, BLUE = (200, 40, 30), (30, 60, 200)


def patchwork() -> Model:
    """A gentle dome of 1 m, left half red, right half blue; every square has its own place in the texture."""
    at = np.arange(SIDE * SIDE)
    row, column = at // SIDE, at % SIDE
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    x, y = (column[:, None] + corners[:, 0]) / SIDE, (row[:, None] + corners[:, 1]) / SIDE
    z = 0.1 * np.sin(np.pi * x) * np.sin(np.pi * y)
    # Charts lie in the texture in another order than on the surface, with a gap between any two.
    order = np.random.default_rng(3).permutation(len(at))
    u, v = ((order % SIDE)[:, None] + 0.2 + 0.6 * corners[:, 0]), ((order // SIDE)[:, None] + 0.2 + 0.6 * corners[:, 1])
    picture = np.zeros((SIDE * 8, SIDE * 8, 3), np.uint8)
    for square, place in enumerate(order):
        top, left = place // SIDE * 8, place % SIDE * 8
        picture[top : top + 8, left : left + 8] = RED if column[square] < SIDE // 2 else BLUE
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    faces = (4 * at[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3).astype(np.uint32)
    uvs = np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32) / SIDE
    part = Primitive(np.stack([x, y, z], axis=-1).reshape(-1, 3), faces, None, (uvs,), None, 0)
    material = {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0}}
    return Model((part,), (material,), (Texture(stream.getvalue(), "image/png"),), unit="m")


def test_corners_of_charts_do_not_stop_it() -> None:
    scan = patchwork()
    assert by_error.to_number(scan, 400).triangles > 4000
    thin, baked = thinning.thinned(scan, scan, 400, 512, "patchwork")
    assert baked is not None
    assert baked.unwrapped
    assert baked.baked == ("baseColorTexture",)
    assert 200 < thin.triangles <= 400
    picture = pixels(thin.textures[0], "patchwork", 512)
    part = thin.primitives[0]
    middle, places = part.positions[part.faces].mean(axis=1), part.uvs[0][part.faces].mean(axis=1)
    texels = picture[(places[:, 1] * len(picture)).astype(int), (places[:, 0] * len(picture)).astype(int), :3]
    for side, colour in ((middle[:, 0] < 0.45, RED), (middle[:, 0] > 0.55, BLUE)):
        assert side.sum() > 50
        assert np.abs(texels[side] - np.array(colour, float)).max() < 30


def test_a_scan_in_one_chart_keeps_its_own() -> None:
    scan = patchwork()
    thin, baked = thinning.thinned(scan, scan, 4600, 512, "patchwork")
    assert baked is None
    assert thin.textures == scan.textures
