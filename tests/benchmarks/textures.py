"""A texture as KTX2 beside WebP and JPEG: seconds, bytes, and how near the source it is decoded.

    python -m tests.benchmarks.textures [--side 4096] [--picture FILE]

The usual picture is a made parchment: stains, ink, and grain in every channel, which is hard for blocks. KTX2 is UASTC
with all mip levels in Zstandard; WebP and JPEG have one level. "bc7" is what a desktop card shows of the KTX2 file,
where opengl_basisu is installed (the transcoder of Basis Universal).
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.gltf import ktx2


def parchment(side: int) -> NDArray[np.uint8]:
    """The same page each time, (side, side, 3): three sizes of stains, curved strokes with soft edges, grain."""
    import cv2

    rng = np.random.default_rng(7)
    stain = np.zeros((side, side), np.float32)
    for cells, strength in ((8, 14), (32, 7), (128, 4)):
        coarse = rng.normal(size=(cells, cells)).astype(np.float32)
        stain += strength * cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR)
    page = np.array([214, 190, 150], np.float32) + stain[..., None] * np.array([1, 1.05, 1.2], np.float32)
    ink = np.zeros((side, side), np.float32)
    reach = 36
    y, x = np.mgrid[-reach:reach, -reach:reach].astype(np.float32)
    for _ in range(side * 6 // 64):
        left, top = rng.integers(0, side - 2 * reach), rng.integers(0, (side - 2 * reach) // 96 + 1) * 96
        angle, bend = rng.uniform(0, 2 * np.pi), rng.uniform(0.06, 0.24)
        along, across = x * np.cos(angle) - y * np.sin(angle), y * np.cos(angle) + x * np.sin(angle)
        stroke = np.clip((5 - np.abs(across + 8 * np.sin(bend * along))) / 2, 0, 1) * (np.hypot(x, y) < reach)
        cell = ink[top : top + 2 * reach, left : left + 2 * reach]
        np.maximum(cell, stroke[: cell.shape[0], : cell.shape[1]], out=cell)
    page = page * (1 - ink[..., None]) + np.array([52, 38, 30], np.float32) * ink[..., None]
    page += rng.normal(scale=2.5, size=page.shape).astype(np.float32)
    return np.clip(np.round(page), 0, 255).astype(np.uint8)


def psnr(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((one[..., :3].astype(np.float32) - two) ** 2), 1e-9)))


def measured(
    name: str, encode: Callable[[], bytes], decode: Callable[[bytes], Any], source: NDArray[np.uint8]
) -> bytes:
    wall, cpu = time.perf_counter(), _cpu()
    data = encode()
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    bits = 8 * len(data) / (source.shape[0] * source.shape[1])
    near = psnr(decode(data), source)
    print(f"{name:<28}{wall:8.2f}{cpu:8.2f}{len(data):14,}{bits:8.2f}{near:9.2f}", flush=True)
    return data


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _bc7(data: bytes, source: NDArray[np.uint8]) -> None:
    try:
        import imagecodecs
        import opengl_basisu
    except ImportError:
        return
    blocks = opengl_basisu.open(data).transcode("bc7", level=0).data
    shown = imagecodecs.bcn_decode(blocks.tobytes(), 7, shape=(*source.shape[:2], 4))
    print(f"{'  shown as bc7':<58}{psnr(shown, source):17.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--picture", type=Path, default=None)
    told = parser.parse_args()

    from heritage3d.image.vips import pyvips

    def unpacked(data: bytes) -> NDArray[np.uint8]:
        return np.asarray(pyvips.Image.new_from_buffer(data, "").numpy()[:, :, :3])

    source = unpacked(told.picture.read_bytes()) if told.picture else parchment(told.side)
    source = np.ascontiguousarray(source[: len(source) // 4 * 4, : source.shape[1] // 4 * 4])
    start = time.perf_counter()
    ktx2.encode(source[:64, :64], srgb=True)
    print(f"{source.shape[1]} x {source.shape[0]}; kernels ready after {time.perf_counter() - start:.1f} s")
    print(f"{'format':<28}{'wall s':>8}{'CPU s':>8}{'bytes':>14}{'bpp':>8}{'PSNR dB':>9}")
    data = measured("KTX2 UASTC, mip levels", lambda: ktx2.encode(source, srgb=True), ktx2.decode, source)
    _bc7(data, source)
    image = pyvips.Image.new_from_memory(source.tobytes(), source.shape[1], source.shape[0], 3, "uchar")
    for quality in (80, 90):
        measured(f"WebP q{quality}", lambda q=quality: image.webpsave_buffer(Q=q, effort=4), unpacked, source)
    measured("JPEG q90", lambda: image.jpegsave_buffer(Q=90, optimize_coding=True), unpacked, source)


if __name__ == "__main__":
    main()
