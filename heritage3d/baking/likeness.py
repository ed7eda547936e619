"""How like two models look, as a figure. Light: the declaration of a stage imports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Likeness:
    """How like two models look, over all views: peak signal to noise in dB and structural similarity of sRGB pictures.

    ``*_mean`` is over the views, ``*_worst`` of the worst one. "shaded" pictures are lit from the upper left, "flat"
    ones show base colours only. Counted are the pixels that both models cover; ``outline_worst`` is the greatest share
    of pixels that only one of them covers, of those that either does.
    """

    views: int
    side: int
    shaded_psnr_mean: float
    shaded_psnr_worst: float
    shaded_ssim_mean: float
    shaded_ssim_worst: float
    flat_psnr_mean: float
    flat_psnr_worst: float
    flat_ssim_mean: float
    flat_ssim_worst: float
    outline_worst: float
    worst_view: int
