"""Small models for the published tree: a bone with incised signs, a jar with turned bands."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from heritage3d.gltf import textures
from heritage3d.gltf.model import Model, Primitive, Texture
from heritage3d.gltf.textures import Role
from heritage3d.gltf.writing import Compression, Encoding, write
from heritage3d.pipeline import addresses
from tests.browser.chromium import FONTS

LEVELS: dict[str, tuple[int, Compression]] = {
    "preview": (24, "none"),
    "web": (96, "draco"),
    "vr": (64, "meshopt"),
    "full": (160, "meshopt"),
}


def bone(folder: Path) -> None:
    """A shoulder blade of 120 x 180 mm with incised columns of signs; its scale is known."""
    signs = _signs()
    depth = np.asarray(signs.filter(ImageFilter.GaussianBlur(1.6)), np.float64) / 255
    picture = _bone_colour(signs)
    for role, (rows, compression) in LEVELS.items():
        _save(folder, role, _plate(rows, depth), picture, compression)
    _evidence(folder, known=True)
    _poster(picture, folder)


def jar(folder: Path) -> None:
    """A turned jar; nobody noted the unit of its scan."""
    picture = _bands()
    for role, (rows, compression) in LEVELS.items():
        _save(folder, role, _turned(rows), picture, "meshopt" if role == "web" else compression)
    _evidence(folder, known=False)
    _poster(picture, folder)


def _save(folder: Path, role: str, surface: Primitive, picture: Image.Image, compression: Compression) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stream = io.BytesIO()
    picture.save(stream, "WEBP" if role == "web" else "JPEG", quality=80)
    texture = Texture(stream.getvalue(), "image/webp" if role == "web" else "image/jpeg")
    material = {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0, "roughnessFactor": 0.8},
        "doubleSided": True,
    }
    model = Model(primitives=(replace(surface, material=0),), materials=(material,), textures=(texture,))
    if role == "vr":  # as graphics cards hold it
        model = textures.fitted(model, Role(512, 512, format="ktx2"), role)
    (folder / f"{role}.glb").write_bytes(write(model, Encoding(compression=compression)))


def _evidence(folder: Path, *, known: bool) -> None:
    files: list[dict[str, Any]] = []
    for at, (role, (rows, compression)) in enumerate(LEVELS.items()):
        upper = [0.41, 0.06108, 0.11, 0.0][at]
        told: dict[str, Any] = {"file": f"{role}.glb", "role": role, "triangles": 4 * rows * rows, "vertices": 0}
        told |= {"bytes": (folder / f"{role}.glb").stat().st_size, "compression": compression}
        told["deviation_mm"] = {"lower": upper * 0.9, "upper": upper} if known else None
        told["deviation_relative"] = {"lower": upper / 250, "upper": upper / 220}
        files.append(told)
    document = {
        "scale": "known" if known else "unknown",
        "unit": "mm" if known else None,
        "unit_source": "stated" if known else "none",
        "extent_mm": [120.0, 180.0, 12.0] if known else None,
        "master_to_file": np.eye(4).tolist(),
        "master": {"triangles": 1_204_116, "vertices": 602_060},
        "files": files,
    }
    (folder / "evidence.json").write_bytes(addresses.dump(document))


def _poster(picture: Image.Image, folder: Path) -> None:
    picture.resize((480, 720 if picture.height > picture.width else 480)).save(folder / "poster.jpg", quality=85)


def _with_normals(points: NDArray[np.float64], faces: NDArray[np.uint32], uvs: NDArray[np.float32]) -> Primitive:
    corners = points[faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], flat)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Primitive(points, faces, normals.astype(np.float32), (uvs,))


def _grid(rows: int, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint32]]:
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    at = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = at[:-1, :-1].ravel(), at[1:, :-1].ravel(), at[1:, 1:].ravel(), at[:-1, 1:].ravel()
    return u.ravel(), v.ravel(), np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def _outline(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the width of a shoulder blade at a height from 0 (top) to 1, as a share of its full width."""
    return 0.5 * (0.42 + 0.58 * np.sin(np.pi * np.clip(0.12 + 0.62 * v, 0, 1)) ** 1.5) * (1 - 0.25 * v**6)


def _plate(rows: int, depth: NDArray[np.float64]) -> Primitive:
    u, v, faces = _grid(2 * rows, rows + 1)
    wide = _outline(v) * 0.120
    x = (2 * u - 1) * wide
    y = (0.5 - v) * 0.180 + 0.004 * np.sin(7 * u)
    edge = np.sqrt(np.clip(1 - (2 * u - 1) ** 2, 0, 1)) * np.clip(np.minimum(v, 1 - v) * 14, 0, 1) ** 0.5
    column = np.clip((u * depth.shape[1]).astype(int), 0, depth.shape[1] - 1)
    line = np.clip((v * depth.shape[0]).astype(int), 0, depth.shape[0] - 1)
    relief = 0.0006 * (np.sin(23 * u + 5 * v) + np.sin(17 * v)) - 0.0011 * depth[line, column]
    front = np.stack([x, y, 0.006 * edge + relief * edge], 1)
    back = np.stack([x, y, -0.004 * edge], 1)
    points = np.concatenate([front, back])
    both = np.concatenate([faces, faces[:, ::-1] + np.uint32(len(front))])
    uvs = np.stack([u, v], 1).astype(np.float32)
    return _with_normals(points, both.astype(np.uint32), np.concatenate([uvs, uvs * 0.02]))


def _turned(rows: int) -> Primitive:
    u, v, faces = _grid(rows, 2 * rows + 1)
    shape = 0.055 + 0.075 * np.sin(np.pi * np.clip(0.08 + 0.8 * v, 0, 1)) ** 1.4
    lip = 0.022 * np.exp(-(((v - 0.985) / 0.03) ** 2)) - 0.02 * np.exp(-(((v - 0.9) / 0.05) ** 2))
    radius = shape + lip + 0.0016 * np.sin(60 * v)
    angle = 2 * math.pi * u
    points = np.stack([radius * np.sin(angle), v * 0.26, radius * np.cos(angle)], 1)
    return _with_normals(points, faces[:, ::-1], np.stack([u, 1 - v], 1).astype(np.float32))


def _signs() -> Image.Image:
    picture = Image.new("L", (768, 1152))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(next((FONTS / "400Regular").glob("*.ttf")), 96)
    for column, text in enumerate(("癸卯卜王", "贞旬亡祸", "甲子雨其")):
        for at, sign in enumerate(text):
            draw.text((560 - column * 170, 230 + at * 150), sign, font=font, fill=255, anchor="mt")
    return picture


def _bone_colour(signs: Image.Image) -> Image.Image:
    cloud = Image.effect_noise((96, 144), 60).resize(signs.size, Image.Resampling.BICUBIC)
    base = Image.composite(
        Image.new("RGB", signs.size, (222, 204, 164)), Image.new("RGB", signs.size, (176, 144, 98)), cloud
    )
    base.paste((92, 66, 42), (0, 0), signs.filter(ImageFilter.GaussianBlur(1)))
    return base


def _bands() -> Image.Image:
    picture = Image.new("RGB", (1024, 1024), (171, 110, 74))
    draw = ImageDraw.Draw(picture)
    for y in range(0, 1024, 6):
        shade = int(10 * math.sin(y * 0.9))
        draw.line((0, y, 1024, y), fill=(171 + shade, 110 + shade, 74 + shade), width=6)
    for y in (180, 215, 520, 548):
        draw.rectangle((0, y, 1024, y + 12), fill=(62, 40, 32))
    for turn in range(8):
        for step in range(26):
            angle, reach = step * 0.55, step * 2.2
            x, y = 64 + turn * 128 + reach * math.cos(angle), 370 + reach * math.sin(angle)
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=(62, 40, 32))
    return picture
