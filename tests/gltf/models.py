"""A model that has everything a GLB of ours may hold."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from heritage3d.gltf.model import Model, Primitive, Texture, unit


def picture(kind: str, seed: int, side: int = 16) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def bowl(columns: int, *, at: float = 0.0, radius: float = 0.1, seed: int = 1) -> Primitive:
    """A bent, rough sheet whose texture has a seam in the middle: the vertices there are double."""
    u, v = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, columns + 1))
    rng = np.random.default_rng(seed)
    rough = 1 + 0.05 * rng.random(u.shape)
    angle, height = np.pi * (0.1 + 0.8 * u), v * 0.3
    positions = np.stack([at + radius * rough * np.cos(angle), height, radius * rough * np.sin(angle)], axis=-1)
    normals = np.stack([np.cos(angle), np.zeros_like(angle), np.sin(angle)], axis=-1)
    half = columns // 2
    rows = np.arange(columns + 1)
    parts = [
        (rows[:, None] * (columns + 1) + np.arange(start, stop)) for start, stop in ((0, half + 1), (half, columns + 1))
    ]
    order = np.concatenate([part.reshape(-1) for part in parts])
    faces, first = [], 0
    for part in parts:
        width = part.shape[1]
        corner = first + (rows[:-1, None] * width + np.arange(width - 1)).reshape(-1)
        faces += [
            np.stack([corner, corner + width, corner + 1], 1),
            np.stack([corner + 1, corner + width, corner + width + 1], 1),
        ]
        first += part.size
    uv = np.stack([u, v], axis=-1).reshape(-1, 2)[order]
    # The right half has a place of its own in the texture.
    uv[parts[0].size :, 0] = 0.95 - 0.4 * (uv[parts[0].size :, 0] - 0.5)
    uv[: parts[0].size, 0] *= 0.9
    colours = np.concatenate([rng.random((order.size, 3)), np.ones((order.size, 1))], axis=1)
    return Primitive(
        positions=positions.reshape(-1, 3)[order],
        faces=np.concatenate(faces).astype(np.uint32),
        normals=unit(normals.reshape(-1, 3)[order]),
        uvs=(uv.astype(np.float32),),
        colours=colours.astype(np.float32),
    )


def full() -> Model:
    """Two materials with maps in three formats, a second set of texture places, colours, and one part with nothing."""
    one = bowl(12)
    two = bowl(6, at=0.3, seed=2)
    bare = bowl(4, at=-0.4, seed=3)
    shifted = (two.uvs[0] * 3 - 1).astype(np.float32)  # beyond 0 to 1: the texture repeats
    materials = (
        {
            "name": "骨",
            "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0, "roughnessFactor": 0.9},
            "normalTexture": {"index": 1, "scale": 0.5},
            "doubleSided": True,
        },
        {
            "pbrMetallicRoughness": {
                "baseColorTexture": {
                    "index": 2,
                    "texCoord": 1,
                    "extensions": {"KHR_texture_transform": {"offset": [0.25, 0.5], "rotation": 0.5}},
                },
                "baseColorFactor": [1.0, 0.5, 0.25, 0.5],
            },
            "occlusionTexture": {"index": 0, "strength": 0.5},
            "alphaMode": "BLEND",
            "extensions": {"KHR_materials_unlit": {}},
        },
    )
    textures = (
        Texture(picture("JPEG", 1), "image/jpeg", {"wrapS": 33071, "minFilter": 9987}),
        Texture(picture("PNG", 2), "image/png"),
        Texture(picture("WEBP", 3), "image/webp", {"magFilter": 9728}),
    )
    primitives = (
        Primitive(one.positions, one.faces, one.normals, one.uvs, None, 0),
        Primitive(two.positions, two.faces, two.normals, (two.uvs[0], shifted), two.colours, 1),
        Primitive(bare.positions, bare.faces),
    )
    return Model(primitives, materials, textures, unit="m")
