"""Workflows that together run every stage, each with options as small as its captures allow."""

from __future__ import annotations

_HEAD = "workflow: every-stage\nversion: 1\nsteps:\n  captures: {stage: ingest}\n"
PAGES = (
    _HEAD
    + """\
  corrected: {stage: correct, from: captures, split: auto}
  pages: {stage: tile, from: corrected, measure: true}
  zipped: {stage: tile-zip, from: captures}
  whole: {stage: pyramid, from: captures}
  quality: {stage: assess, from: [captures, pages]}
  manifest: {stage: manifest, from: [captures, pages, quality]}
  site: {stage: exhibit}
"""
)
PARTS_AND_MODELS = (
    _HEAD.replace("ingest}", "ingest, overlapping: true}")
    + """\
  whole: {stage: stitch, from: captures}
  pages: {stage: tile, from: whole}
  models: {stage: optimize, from: captures}
  manifest: {stage: manifest, from: [captures, pages, models]}
  site: {stage: exhibit}
"""
)
#: THREADS stands for a number.
PHOTOGRAPHS = (
    _HEAD
    + """\
  cameras: {stage: align, from: captures, size: 640, features: 1000}
  dense: {stage: densify, from: cameras, longest: 256, threads: THREADS}
  surface: {stage: surface, from: dense, ground: keep}
  refined: {stage: refine, from: [surface, cameras], longest: 320, rounds: 1}
  textured: {stage: texture, from: [refined, cameras, dense], side: 512}
  manifest: {stage: manifest, from: [captures, textured]}
"""
)
EVERY = (PAGES, PARTS_AND_MODELS, PHOTOGRAPHS)
