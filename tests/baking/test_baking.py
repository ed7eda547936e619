"""What the master shows and a level of detail has lost comes back in its textures, the right way round."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from heritage3d.baking import compare, make, rasterising, unwrap
from heritage3d.baking.looks import Look, frames
from heritage3d.baking.maps import Baker, sheet
from heritage3d.errors import MeshEmpty, MeshIndexOutOfRange, MeshNotFinite, MeshTooLarge
from heritage3d.gltf import reading, textures, writing
from heritage3d.gltf.model import Model, Primitive, Texture
from tests.baking import scenes

FRONT = np.array([0.15, 0.1, 1.0])


def drawn(model: Model, like: Model, side: int = 192) -> compare.Picture:
    low, high = like.bounds()
    return compare.Scene(model, "", (low + high) / 2).drawn(compare.Camera(low, high, FRONT, side))


def of(model: Model, slot: str) -> np.ndarray:
    material = model.materials[model.primitives[0].material or 0]
    entry = material.get(slot) or material["pbrMetallicRoughness"][slot]
    return textures.pixels(model.textures[entry["index"]], "", 4096)


@pytest.fixture(scope="module")
def pair() -> tuple[Model, Model, make.BakeEvidence]:
    master = scenes.shield(160, written=True)
    low = scenes.shield(10, written=False)
    made, evidence = make.baked(low, master, side=256, maps=("baseColor", "normal"))
    return master, made, evidence


# --- colour ----------------------------------------------------------------------------------------------------


def test_writing_is_not_mirrored(pair: tuple[Model, Model, make.BakeEvidence]) -> None:
    master, made, _ = pair
    true, ours, turned = (drawn(model, master) for model in (master, made, scenes.mirrored(made)))
    right = compare.psnr(true.flat, ours.flat, true.seen & ours.seen)
    assert right > 24
    assert right > compare.psnr(true.flat, turned.flat, true.seen & turned.seen) + 6
    # Nor is the picture itself turned round: its own mirror is far from it.
    assert compare.psnr(true.flat, true.flat[:, ::-1], true.seen) < right - 6
    assert compare.ssim(true.flat, ours.flat, true.seen & ours.seen) > 0.9


def test_the_evidence_tells_density_and_cover(pair: tuple[Model, Model, make.BakeEvidence]) -> None:
    _, made, evidence = pair
    assert evidence.unwrapped
    assert evidence.charts >= 1
    assert evidence.baked == ("baseColorTexture", "normalTexture")
    assert 0.3 < evidence.covered <= 1
    look = Look(made)
    corner = look.positions[look.faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum() / 2
    assert evidence.texels_per_unit == pytest.approx(np.sqrt(evidence.covered * 256**2 / area), rel=0.03)
    assert evidence.least_texels_per_unit <= evidence.texels_per_unit
    assert evidence.along_normals > 0.95


def test_a_baked_model_is_written_and_read_back(pair: tuple[Model, Model, make.BakeEvidence], tmp_path) -> None:
    _, made, _ = pair
    (tmp_path / "a.glb").write_bytes(writing.write(made, writing.Encoding()))
    again = reading.read(tmp_path / "a.glb")
    assert len(again.textures) == 2
    assert (
        again.materials[0]["normalTexture"]["index"]
        != again.materials[0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    )
    true, ours = drawn(made, made), drawn(again, made)
    assert compare.psnr(true.flat, ours.flat, true.seen & ours.seen) > 28


def test_the_same_bake_gives_the_same_bytes(pair: tuple[Model, Model, make.BakeEvidence]) -> None:
    master, made, evidence = pair
    again, told = make.baked(scenes.shield(10, written=False), master, side=256, maps=("baseColor", "normal"))
    assert [entry.data for entry in again.textures] == [entry.data for entry in made.textures]
    assert told == evidence


def test_texels_beside_a_chart_are_filled() -> None:
    picture, bare = np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), bool)
    picture[2:4, 2:4], bare[2:4, 2:4] = (9, 8, 7), False
    assert (rasterising.padded(picture, bare) == (9, 8, 7)).all()


def test_every_texel_centre_belongs_to_one_of_two_neighbours() -> None:
    uvs = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], float)
    faces = np.array([[0, 1, 2], [2, 1, 3]])
    over, twice = rasterising.covered(uvs, faces, 32)
    assert (over >= 0).all()
    assert twice == 0
    assert rasterising.covered(uvs, np.array([[0, 1, 2], [0, 1, 2]]), 32)[1] > 0.9
    texel = np.arange(32 * 32)
    share = rasterising.weights(uvs, faces, 32, texel, over.reshape(-1))
    place = np.einsum("nk,nkj->nj", share, uvs[faces[over.reshape(-1)]]) * 32
    assert np.allclose(place, np.column_stack([texel % 32, texel // 32]) + 0.5)


# --- relief ----------------------------------------------------------------------------------------------------


def tilted(way: tuple[float, float, float]) -> tuple[Model, Model]:
    """A square in the plane of X and Y seen from +Z, u to the right and v down, and a master that is bent one way."""
    positions = np.array([[-1, 1, 0], [1, 1, 0], [-1, -1, 0], [1, -1, 0]], float)
    faces = np.array([[0, 2, 1], [1, 2, 3]], np.uint32)
    uvs = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    plain = np.tile(np.float32([0, 0, 1]), (4, 1))
    bent = np.tile(np.float32(way) / np.float32(np.linalg.norm(way)), (4, 1))
    return Model((Primitive(positions, faces, plain, (uvs,)),)), Model((Primitive(positions, faces, bent),))


@pytest.mark.parametrize(
    ("way", "texel"),
    [((0, 0, 1), (128, 128, 255)), ((1, 0, 1), (218, 128, 218)), ((0, 1, 1), (128, 218, 218))],
)
def test_a_normal_map_says_right_in_red_and_up_in_green(
    way: tuple[float, float, float], texel: tuple[int, ...]
) -> None:
    low, master = tilted(way)
    made, evidence = make.baked(low, master, side=16, maps=("normal",))
    assert not evidence.unwrapped
    assert np.abs(of(made, "normalTexture")[..., :3].astype(int) - texel).max() <= 1
    bent = Look(made).normal(np.zeros(1, np.int64), np.full((1, 3), 1 / 3), 1e-3)
    assert np.allclose(bent[0], np.array(way) / np.linalg.norm(way), atol=0.01)


def test_a_mirrored_chart_says_the_same() -> None:
    low, master = tilted((1, 1, 1))
    part = low.primitives[0]
    turned = replace(part, uvs=(np.column_stack([1 - part.uvs[0][:, 0], part.uvs[0][:, 1]]).astype(np.float32),))
    made, _ = make.baked(replace(low, primitives=(turned,)), master, side=16, maps=("normal",))
    bent = Look(made).normal(np.zeros(1, np.int64), np.full((1, 3), 1 / 3), 1e-3)
    assert np.allclose(bent[0], np.ones(3) / np.sqrt(3), atol=0.01)


def test_lost_relief_comes_back_in_the_shade() -> None:
    master = scenes.shield(160, written=True, relief=0.01)
    low = scenes.shield(12, written=False)
    bald, _ = make.baked(low, master, side=256, maps=("baseColor",))
    made, _ = make.baked(low, master, side=256, maps=("baseColor", "normal"))
    true, without, ours = (drawn(model, master) for model in (master, bald, made))
    both = true.seen & ours.seen
    assert compare.psnr(true.shaded, ours.shaded, both) > compare.psnr(true.shaded, without.shaded, both) + 1


def test_frames_follow_the_texture() -> None:
    low, _ = tilted((0, 0, 1))
    part = low.primitives[0]
    made = frames(part.positions, part.faces, part.uvs[0])
    tangent, across = made.at(np.array([0, 1]), np.tile([0.0, 0.0, 1.0], (2, 1)))
    assert np.allclose(tangent, [1, 0, 0])
    assert np.allclose(across, [0, 1, 0])


# --- what is kept ----------------------------------------------------------------------------------------------


def coloured() -> tuple[Model, Model]:
    """A level of detail and a master that share texture places and a texture."""
    done, data = cv2.imencode(".png", np.random.default_rng(1).integers(0, 255, (32, 32, 3), np.uint8))
    assert done
    made = []
    for columns in (8, 60):
        model = scenes.shield(columns, written=False, relief=0.02 if columns > 8 else 0)
        part = model.primitives[0]
        uvs = np.column_stack([part.positions[:, 0] + 0.5, 0.5 - part.positions[:, 1]]).astype(np.float32)
        material = {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}
        skin = Texture(data.tobytes(), "image/png")
        made.append(
            replace(model, primitives=(replace(part, uvs=(uvs,), material=0),), materials=(material,), textures=(skin,))
        )
    return made[0], made[1]


def test_maps_that_fit_are_kept_as_they_are() -> None:
    low, master = coloured()
    made, evidence = make.baked(low, master, side=64)
    assert not evidence.unwrapped
    assert evidence.kept == ("baseColorTexture",)
    assert evidence.baked == ("normalTexture", "occlusionTexture")
    assert made.textures[0].data == low.textures[0].data
    assert np.array_equal(made.primitives[0].uvs[0], low.primitives[0].uvs[0])


def test_no_map_of_the_master_is_lost_by_new_texture_places() -> None:
    low, master = coloured()
    extra = {"emissiveTexture": {"index": 0}, "emissiveFactor": [0.5, 0.5, 0.5], "normalTexture": {"index": 0}}
    extra["occlusionTexture"] = {"index": 0}
    master = replace(master, materials=(master.materials[0] | extra,))
    made, evidence = make.baked(low, master, side=64, maps=(), unwrap=True)
    assert evidence.baked == ("baseColorTexture", "emissiveTexture", "normalTexture", "occlusionTexture")
    assert {entry.name for entry in made.textures} == {"baseColor", "emissive", "normal", "occlusion"}


def test_an_occlusion_map_of_the_master_is_kept_not_darkened_again() -> None:
    low, master = coloured()
    low, master = (
        replace(model, materials=(model.materials[0] | {"occlusionTexture": {"index": 0}},)) for model in (low, master)
    )
    made, evidence = make.baked(low, master, side=64)
    assert evidence.baked == ("normalTexture",)
    assert evidence.kept == ("baseColorTexture", "occlusionTexture")
    assert made.textures[0].data == low.textures[0].data


def test_what_is_invented_stays_apart() -> None:
    low = scenes.shield(10, written=False)
    part = low.primitives[0]
    halves = (replace(part, faces=part.faces[:100]), replace(part, faces=part.faces[100:], invented=True))
    made, _ = make.baked(replace(low, primitives=halves), scenes.shield(40, written=True), side=64, maps=("baseColor",))
    assert [(entry.invented, len(entry.faces)) for entry in made.primitives] == [(False, 100), (True, 100)]


def test_overlapping_texture_places_are_laid_out_anew() -> None:
    low, master = coloured()
    part = low.primitives[0]
    folded = replace(part, uvs=(np.abs(part.uvs[0] - 0.5).astype(np.float32),))
    _, evidence = make.baked(replace(low, primitives=(folded,)), master, side=64, maps=("baseColor",))
    assert evidence.unwrapped


def test_occlusion_is_dark_in_a_pit_and_light_on_a_plain() -> None:
    master = scenes.shield(80, written=True, relief=0.1)
    low = scenes.shield(80, written=False, relief=0.1)
    look = Look(low)
    uvs = np.column_stack([look.positions[:, 0] + 0.5, 0.5 - look.positions[:, 1]])
    picture = Baker(look, uvs, Look(master)).occlusion(sheet(uvs, look.faces, 64))[..., 0] / 255
    y, x = (np.mgrid[0:64, 0:64] + 0.5) / 64
    ink = scenes.letters(x, 1 - y)
    assert picture[~ink].mean() > 0.85
    assert picture[ink].mean() < picture[~ink].mean() - 0.15


def test_new_textures_are_as_fine_as_what_the_master_shows() -> None:
    assert make.side_for(scenes.shield(300, written=True)) == 1024  # 90,000 vertices on half of the square
    assert make.side_for(scenes.shield(300, written=True), most=256) == 256
    _, master = coloured()
    assert make.side_for(master) == 256
    done, data = cv2.imencode(".png", np.zeros((1000, 1000, 3), np.uint8))
    assert done
    assert make.side_for(replace(master, textures=(Texture(data.tobytes(), "image/png"),))) == 2048


# --- bad input -------------------------------------------------------------------------------------------------


def test_bad_meshes_are_refused_before_the_library_sees_them(monkeypatch: pytest.MonkeyPatch) -> None:
    positions, faces = np.eye(3), np.array([[0, 1, 2]], np.uint32)
    with pytest.raises(MeshEmpty):
        unwrap.unwrapped(positions, faces[:0], 64)
    with pytest.raises(MeshIndexOutOfRange):
        unwrap.unwrapped(positions, faces + 1, 64)
    with pytest.raises(MeshNotFinite):
        unwrap.unwrapped(positions * np.nan, faces, 64)
    monkeypatch.setattr(unwrap, "MOST_TRIANGLES", 0)
    with pytest.raises(MeshTooLarge):
        unwrap.unwrapped(positions, faces, 64)


def test_charts_do_not_overlap_and_keep_their_faces() -> None:
    look = Look(scenes.shield(20, written=False))
    atlas = unwrap.unwrapped(look.positions, look.faces, 256)
    assert np.array_equal(atlas.vertices[atlas.faces], look.faces)
    assert rasterising.covered(atlas.uvs, atlas.faces, 256)[1] == 0


# --- pictures that compare -------------------------------------------------------------------------------------


def test_a_model_is_like_itself_and_unlike_another() -> None:
    master = scenes.shield(30, written=True)
    same = compare.likeness(master, master, views=3, side=64)
    assert same.shaded_psnr_worst == same.flat_psnr_mean == 99.0
    assert same.shaded_ssim_worst == 1.0
    other = compare.likeness(scenes.shield(30, written=False), master, views=3, side=64)
    assert other.flat_psnr_mean < 20
    assert other.outline_worst == 0
