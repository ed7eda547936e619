"""The stages densify and surface, as the engine calls them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heritage3d.mesh import reading
from heritage3d.photogrammetry.aligned import write_scene
from heritage3d.photogrammetry.begun import begun
from heritage3d.stages.densify import densify
from heritage3d.stages.surface import surface
from tests.photogrammetry import rendered


@pytest.fixture
def aligned(tmp_path: Path) -> Path:
    folder = tmp_path / "aligned"
    (folder / "photographs").mkdir(parents=True)
    scene = rendered.scene(folder / "photographs", 6)
    write_scene(replace(scene), folder)
    return folder


def test_aligned_photographs_become_a_mesh_in_metres(aligned: Path, tmp_path: Path) -> None:
    dense, out = tmp_path / "dense", tmp_path / "out"
    dense.mkdir()
    out.mkdir()
    told = densify(aligned, dense, longest=128, threads=1)
    assert told.points > 3000
    assert told.scale == "known"
    assert set(told.covered) == {f"{k}.png" for k in range(6)}
    assert sorted(path.name for path in dense.iterdir()) == ["dense.json", "points.ply", "scene.json"]
    (output,) = surface(dense, out, depth=6)
    assert output.kind == "mesh/scan"
    assert output.evidence["unit"] == "m"
    model = reading.read(output.path)
    low, high = model.bounds()
    assert high[2] - low[2] == pytest.approx(0.6, abs=0.08)
    (honest,) = surface(dense, out, method="tsdf")
    assert honest.evidence["invented_share"] == 0
    found = reading.read(honest.path)
    assert np.median(rendered.distance(found.surface()[0])) < 0.4 * 6.0 / (rendered.FOCAL_PX * 128 / rendered.WIDTH)


def test_what_a_killed_run_had_finished_is_found_again(tmp_path: Path) -> None:
    engine = tmp_path / ".heritage3d"
    dest = engine / "work" / "a-job"
    dest.mkdir(parents=True)
    (engine / "ledger.sqlite").touch()
    with pytest.raises(KeyboardInterrupt), begun(dest, "densify", b"scene") as folder:
        (folder / "00000.npy").touch()
        raise KeyboardInterrupt
    with begun(engine / "work" / "another", "densify", b"scene") as folder:
        assert (folder / "00000.npy").exists()
        assert engine / "work" not in folder.parents
    assert not folder.exists()
