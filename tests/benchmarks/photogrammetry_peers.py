"""The same photographs, at the same size, aligned here and by others: ``python -m tests.benchmarks.photogrammetry_peers
PHOTOS TRUTH WORK --colmap COLMAP --ppg "PYTHON -m pyarchinit_photogrammetry.cli"``.

PHOTOS: the sample's photographs; TRUTH: the folder with its ``ground_truth.json``; WORK: an empty folder. They are
reduced to ``--size`` pixels (800) first. COLMAP is Debian's program, the other one is GPL: both are run as outside
programs and never imported. CPU seconds are those of the program and its children. Camera centres are judged after
the similarity that fits them best to the true ones.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.benchmarks.photogrammetry_chain import similarity

ROOT = Path(__file__).resolve().parents[2]
OURS = """
import sys
from pathlib import Path
import heritage3d.photogrammetry.kinds
from heritage3d.pipeline.stage import Artefact
from heritage3d.stages.align import align
photos, dest, size = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
align([Artefact(p, "photo", p.stem, evidence={"file": f"photos/{p.name}"}) for p in sorted(photos.iterdir())],
      dest, size=size, threads=2)
"""


def run(command: list[str], log: Path) -> float:
    """CPU seconds of a program and its children; its words go to ``log``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with log.open("ab") as told:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
        subprocess.run(command, check=True, stdout=told, stderr=told, env=environment, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def reduced(photos: Path, dest: Path, size: int) -> Path:
    """The photographs at one size, as JPEG of quality 95."""
    dest.mkdir(parents=True)
    for path in sorted(photos.iterdir()):
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        factor = size / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        (dest / f"{path.stem}.jpg").write_bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 95])[1])
    return dest


def judged(centres: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> dict[str, Any]:
    """How many stand, and how far from where they stood, in millimetres."""
    names = sorted(set(centres) & set(truth))
    found, wanted = (np.array([places[name] for name in names]) for places in (centres, truth))
    scale, rotation, shift = similarity(found, wanted)
    off = np.linalg.norm(scale * found @ rotation.T + shift - wanted, axis=1)
    return {"registered": f"{len(names)} of {len(truth)}", "centres_rms_mm": round(float(np.sqrt((off**2).mean())), 4)}


def ours(photos: Path, work: Path, size: int, truth: dict[str, np.ndarray]) -> dict[str, Any]:
    """The stage align in a process of its own."""
    from heritage3d.photogrammetry.aligned import read_scene

    (work / "ours").mkdir()
    seconds = run([sys.executable, "-c", OURS, str(photos), str(work / "ours"), str(size)], work / "ours.log")
    scene = read_scene(work / "ours")
    centres = {Path(view.name).stem: view.centre for view in scene.views}
    told = {"points": len(scene.points), "reprojection_px": round(scene.reprojection_px, 3), "cpu_s": round(seconds, 1)}
    return judged(centres, truth) | told


def colmap(program: str, photos: Path, work: Path, truth: dict[str, np.ndarray]) -> dict[str, Any]:
    """COLMAP's own steps with one shared camera, exhaustive matching, its defaults else."""
    place, log = work / "colmap", work / "colmap.log"
    (place / "models").mkdir(parents=True)
    base = ["--database_path", str(place / "database.db")]
    camera = ["--ImageReader.single_camera", "1", "--ImageReader.camera_model", "SIMPLE_RADIAL"]
    steps = [
        ["feature_extractor", *base, "--image_path", str(photos), *camera, "--SiftExtraction.use_gpu", "0"],
        ["exhaustive_matcher", *base, "--SiftMatching.use_gpu", "0"],
        ["mapper", *base, "--image_path", str(photos), "--output_path", str(place / "models")],
    ]
    seconds = sum(run([program, *step], log) for step in steps)
    written = ["--input_path", str(place / "models/0"), "--output_path", str(place), "--output_type", "TXT"]
    run([program, "model_converter", *written], log)
    centres = {}
    rows = [line for line in (place / "images.txt").read_text().splitlines() if not line.startswith("#")]
    for line in rows[::2]:
        _number, w, x, y, z, *rest = line.split()
        q = np.array([float(v) for v in (w, x, y, z)])
        turn = np.eye(3) + 2 * (q[0] * _cross(q[1:]) + _cross(q[1:]) @ _cross(q[1:]))
        centres[Path(rest[4]).stem] = -turn.T @ np.array([float(v) for v in rest[:3]])
    points = [line.split() for line in (place / "points3D.txt").read_text().splitlines() if not line.startswith("#")]
    error = float(np.mean([float(point[7]) for point in points]))
    told = {"points": len(points), "reprojection_px": round(error, 3), "cpu_s": round(seconds, 1)}
    return judged(centres, truth) | told


def _cross(v: np.ndarray) -> np.ndarray:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def ppg(program: str, photos: Path, work: Path) -> dict[str, Any]:
    """pyarchinit-photogrammetry at full size of the given photographs; what it says of itself."""
    project, log = str(work / "peer.ppg"), work / "ppg.log"
    command = shlex.split(program)
    run([*command, "new", project], log)
    run([*command, "add-photos", project, str(photos)], log)
    told: dict[str, Any] = {"align_cpu_s": round(run([*command, "align", project, "--quality", "ultra"], log), 1)}
    for backend in ("cpu", "patchmatch"):
        asked = [*command, "dense", project, "--quality", "ultra", "--backend", backend]
        told[f"dense_{backend}_cpu_s"] = round(run(asked, log), 1)
    told["info"] = subprocess.run([*command, "info", project], capture_output=True, text=True, check=True).stdout
    return told


def main() -> None:
    """Run those that are named, print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("photos", "truth", "work"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--size", type=int, default=800)
    parser.add_argument("--colmap", default="")
    parser.add_argument("--ppg", default="")
    asked = parser.parse_args()
    stated = json.loads((asked.truth / "ground_truth.json").read_text("utf-8"))
    truth = {Path(camera["file"]).stem: np.array(camera["centre_mm"]) for camera in stated["cameras"]}
    small = reduced(asked.photos, asked.work / "photos", asked.size)
    print(json.dumps({"heritage3d": ours(small, asked.work, asked.size, truth)}, indent=1), flush=True)
    if asked.colmap:
        print(json.dumps({"colmap": colmap(asked.colmap, small, asked.work, truth)}, indent=1), flush=True)
    if asked.ppg:
        print(json.dumps({"pyarchinit-photogrammetry": ppg(asked.ppg, small, asked.work)}, indent=1), flush=True)


if __name__ == "__main__":
    main()
