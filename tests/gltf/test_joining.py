"""Joined materials look the same: colours at random places of the surface before and after, bilinear as a GPU does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heritage3d.gltf import atlas, checking, joining, khronos, reading, textures, writing
from heritage3d.gltf.model import Model, Primitive, Texture
from heritage3d.gltf.writing import Encoding
from tests.gltf import models

WRAPS = {10497: "repeat", 33071: "clamp", 33648: "mirror"}


def texel(picture: NDArray[np.uint8], at: NDArray[np.float64], wrap: int, size: int) -> NDArray[np.int64]:
    whole = np.floor(at).astype(np.int64)
    if wrap == 33071:
        return np.clip(whole, 0, size - 1)
    if wrap == 33648:
        turned = whole % (2 * size)
        return np.minimum(turned, 2 * size - 1 - turned)
    return whole % size


def sampled(texture: Texture, uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bilinear sampling by the texture's own wrap modes (written without a look at the atlas), 0 to 255."""
    picture = textures.pixels(texture, "", 1 << 14)
    height, width = picture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    fx, fy = (x - np.floor(x))[:, None], (y - np.floor(y))[:, None]
    s, t = texture.sampler.get("wrapS", 10497), texture.sampler.get("wrapT", 10497)
    total = np.zeros((len(uv), 4))
    for dx, wx in ((0, 1 - fx), (1, fx)):
        for dy, wy in ((0, 1 - fy), (1, fy)):
            total += wx * wy * picture[texel(picture, y + dy, t, height), texel(picture, x + dx, s, width)]
    return total


def colours(model: Model, slot: str, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is seen at some points of every triangle, in the order of the primitives."""
    seen = []
    for entry in model.primitives:
        material = model.materials[entry.material or 0]
        pbr = material.get("pbrMetallicRoughness", {})
        factor = np.array(pbr.get("baseColorFactor", [1.0] * 4))
        holder = pbr if slot == "baseColorTexture" else material
        at = entry.faces[np.arange(len(weights)) % len(entry.faces)]
        value = np.tile(factor, (len(weights), 1))
        if entry.colours is not None:
            value = value * np.einsum("wk,wkj->wj", weights, entry.colours[at])
        if slot in holder and entry.uvs:
            uv = np.einsum("wk,wkj->wj", weights, entry.uvs[0][at].astype(np.float64))
            value = value * sampled(model.textures[holder[slot]["index"]], uv)
        seen.append(value)
    return np.concatenate(seen)


def tiles(count: int, *, side: int = 48, kind: str = "PNG") -> Model:
    """As many bowls with a texture each, of different sizes, factors and wrap modes."""
    materials, pictures, parts = [], [], []
    for number in range(count):
        pbr = {"baseColorTexture": {"index": number}, "roughnessFactor": 0.9}
        if number % 2:
            pbr["baseColorFactor"] = [1.0, 0.5, 0.25, 1.0]
        materials.append({"name": f"m{number}", "pbrMetallicRoughness": pbr, "doubleSided": True})
        wrap = list(WRAPS)[number % 3]
        pictures.append(
            Texture(
                models.picture(kind, number, side + 8 * number), f"image/{kind.lower()}", {"wrapS": wrap, "wrapT": wrap}
            )
        )
        part = models.bowl(6, at=0.3 * number, seed=number)
        uv = part.uvs[0] - part.uvs[0].min(axis=0)
        parts.append(replace(part, uvs=(uv / uv.max(axis=0),), colours=None, material=number))
    return Model(tuple(parts), tuple(materials), tuple(pictures), unit="m")


WEIGHTS = np.random.default_rng(6).dirichlet([1, 1, 1], 4000)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_many_materials_become_one_and_look_the_same(kind: str) -> None:
    model = tiles(7, kind=kind)
    made, told = joining.joined(model, "a")
    assert (told.before, told.after, len(made.materials), len(made.textures)) == (7, 1, 1, 1)
    assert told.groups[0].materials == tuple(range(7))
    assert told.groups[0].scale == 1
    assert not told.left
    before, after = (colours(entry, "baseColorTexture", WEIGHTS) for entry in (model, made))
    assert np.abs(before - after).max() < 0.05  # of 255: texture places are float32
    assert len(writing.merged(made).primitives) == 1
    assert made.materials[0]["doubleSided"]


def test_all_maps_go_into_atlases_of_one_layout() -> None:
    model = tiles(4)
    normal = Texture(models.picture("PNG", 99, 20), "image/png")
    dressed = [
        {**material, "normalTexture": {"index": 4, "scale": 0.5}, "emissiveTexture": {"index": number}}
        for number, material in enumerate(model.materials)
    ]
    for number, material in enumerate(dressed):
        material["pbrMetallicRoughness"] = {"baseColorTexture": {"index": number}}
    model = replace(model, materials=tuple(dressed), textures=(*model.textures, normal))
    made, told = joining.joined(model, "a")
    assert told.after == 1
    assert len(made.textures) == 3  # the normal map is enlarged to the side of the others
    assert made.materials[0]["normalTexture"] == {"index": made.materials[0]["normalTexture"]["index"], "scale": 0.5}
    assert np.abs(colours(model, "baseColorTexture", WEIGHTS) - colours(made, "baseColorTexture", WEIGHTS)).max() < 0.05


def test_what_cannot_be_joined_says_why() -> None:
    model = tiles(8)
    materials = [dict(entry) for entry in model.materials]
    parts = list(model.primitives)
    pbr = materials[3]["pbrMetallicRoughness"]
    parts[0] = replace(parts[0], uvs=(parts[0].uvs[0] * 2,))
    parts[1] = replace(parts[1], uvs=(parts[1].uvs[0] - 0.5,))
    moved = {**pbr["baseColorTexture"], "extensions": {"KHR_texture_transform": {"scale": [2, 2]}}}
    materials[3] = {**materials[3], "pbrMetallicRoughness": {**pbr, "baseColorTexture": moved}}
    materials[4] = {**materials[4], "alphaMode": "BLEND"}
    materials[5].pop("doubleSided")
    parts[6] = replace(parts[6], uvs=())
    model = replace(model, primitives=tuple(parts), materials=tuple(materials))
    made, told = joining.joined(model, "a")
    assert told.left == {
        0: joining.BEYOND,
        1: joining.BEYOND,
        3: joining.MOVED,
        4: joining.ALONE,
        5: joining.ALONE,
        6: joining.BARE,
    }
    assert told.groups[0].materials == (2, 7)
    assert (told.before, told.after) == (8, 7)
    before, after = (colours(entry, "baseColorTexture", WEIGHTS) for entry in (model, made))
    alike = np.repeat([number not in (3, 6) for number in range(8)], len(WEIGHTS))
    assert np.abs(before - after)[alike].max() < 0.05


def test_colours_without_textures_go_to_the_vertices_and_marks_stay() -> None:
    part = models.bowl(4)
    parts = [
        Primitive(part.positions, part.faces, part.normals, (), part.colours if number else None, number)
        for number in range(3)
    ]
    filling = replace(parts[0], material=3, invented=True)
    materials = tuple(
        {"pbrMetallicRoughness": {"baseColorFactor": [0.2 * n, 1, 1, 1], "roughnessFactor": 0.5}} for n in range(4)
    )
    model = Model((*parts, filling), materials, unit="m")
    made, told = joining.joined(model, "a")
    assert told.groups == [joining.Group((0, 1, 2), 0, 0, 1.0)]
    assert told.left == {3: joining.ALONE}
    assert [entry.invented for entry in made.primitives] == [False, False, False, True]
    assert np.abs(colours(model, "", WEIGHTS) - colours(made, "", WEIGHTS)).max() < 1e-6


def test_atlases_keep_their_side_and_say_what_shrinking_costs() -> None:
    model = tiles(9, side=100)
    made, told = joining.joined(model, "a", side=320)
    assert told.after > 1
    assert all(max(group.width, group.height) <= 320 and group.scale == 1 for group in told.groups)
    assert np.abs(colours(model, "baseColorTexture", WEIGHTS) - colours(made, "baseColorTexture", WEIGHTS)).max() < 0.05
    _, small = joining.joined(model, "a", side=320, shrink=True)
    assert small.after == 1
    assert small.groups[0].scale < 1
    _, none = joining.joined(model, "a", side=100)
    assert set(none.left.values()) == {joining.LARGE}
    assert none.after == none.before == 9


def test_no_two_pictures_of_an_atlas_touch() -> None:
    rng = np.random.default_rng(3)
    sizes = {number: (int(w), int(h)) for number, (w, h) in enumerate(rng.integers(1, 300, (60, 2)))}
    placed = 0
    for found, _ in atlas.bins(sizes, 1024, shrink=False):
        canvas = np.zeros((found.height, found.width), np.uint8)
        assert max(canvas.shape) <= 1024
        for slot in found.slots.values():
            assert slot.left >= atlas.MARGIN
            canvas[
                slot.top - atlas.MARGIN : slot.top + slot.height + atlas.MARGIN,
                slot.left - atlas.MARGIN : slot.left + slot.width + atlas.MARGIN,
            ] += 1
            assert slot.left + slot.width + atlas.MARGIN <= found.width
            placed += 1
        assert canvas.max() == 1
    assert placed == 60


@pytest.mark.skipif(not khronos.available(), reason="Node or gltf-validator is not installed")
def test_a_joined_model_is_sound_gltf(tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(writing.write(joining.joined(tiles(5), "a")[0], Encoding()))
    assert not checking.check(path)
    assert len(reading.read(path).primitives) == 1
