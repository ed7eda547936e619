"""One declaration: a stage in a single file appears in the commands, the schema, the reference and the cache key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from heritage3d.pipeline.stage import Evidence, Reads, Speed, stage, stages
from tests.pipeline import tiny  # noqa: F401  declares stages

_ONE_FILE = '''
"""Turn a scan upside down."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from heritage3d.pipeline.stage import Evidence, Reads, stage


class Turned(Evidence):
    """How far it was turned."""

    degrees: int


@stage(writes="image/master", version=3)
def turn_around(
    master: Annotated[Path, Reads("image/master")],
    dest: Path,
    *,
    degrees: Annotated[int, Field(ge=0, le=270, description="By how many degrees it is turned")] = 180,
    sense: Annotated[Literal["left", "right"], Field(description="Which way round")] = "right",
) -> Turned:
    """Turn a scan around."""
    (dest / "turned.txt").write_text(f"{master.name} {degrees} {sense}")
    return Turned(degrees=degrees)
'''


@pytest.fixture
def one_file(tmp_path: Path) -> dict[str, str]:
    """The environment of a command in which another package declares one stage in one file."""
    package = tmp_path / "site"
    (package / "turning-1.0.dist-info").mkdir(parents=True)
    (package / "turning.py").write_text(_ONE_FILE, "utf-8")
    (package / "turning-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: turning\nVersion: 1.0\n")
    (package / "turning-1.0.dist-info" / "entry_points.txt").write_text("[heritage3d.stages]\nturning = turning\n")
    return {**os.environ, "PYTHONPATH": str(package), "H3D_LANG": "en", "COLUMNS": "200"}


def _heritage3d(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from heritage3d.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_a_stage_from_one_file_is_a_command(one_file: dict[str, str], tmp_path: Path) -> None:
    told = _heritage3d(one_file, "turn-around", "--help").stdout
    assert "Turn a scan around" in told
    assert "By how many degrees it is turned" in told
    assert "270" in told
    scan = tmp_path / "scan.txt"
    scan.write_text("x")
    wrong = _heritage3d(one_file, "turn-around", str(scan), str(tmp_path / "dest"), "--degrees", "300")
    assert wrong.returncode == 2
    assert not (tmp_path / "dest").exists()
    right = _heritage3d(one_file, "turn-around", str(scan), str(tmp_path / "dest"), "--degrees", "90")
    assert right.returncode == 0, right.stderr
    assert (tmp_path / "dest" / "turned.txt").read_text() == "scan.txt 90 right"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dest", "scan.txt", "site"]


def test_a_stage_from_one_file_is_in_schema_stages_and_reference(one_file: dict[str, str], tmp_path: Path) -> None:
    schema = json.loads(_heritage3d(one_file, "schema").stdout)
    step = schema["$defs"]["turn-around"]
    assert step["properties"]["degrees"]["maximum"] == 270
    assert step["properties"]["sense"]["enum"] == ["left", "right"]
    assert step["required"] == ["stage", "from"]
    assert "turn-around: Turn a scan around." in _heritage3d(one_file, "stages").stdout
    _heritage3d(one_file, "reference", str(tmp_path / "reference"))
    page = (tmp_path / "reference" / "stages.md").read_text("utf-8")
    assert "## turn-around" in page
    assert "By how many degrees it is turned" in page


def test_a_stage_from_one_file_is_a_step(one_file: dict[str, str], tmp_path: Path) -> None:
    workflow = tmp_path / "w.yaml"
    steps = "steps:\n  in: {stage: ingest}\n  turned: {stage: turn-around, from: in, degrees: 400}\n"
    workflow.write_text("workflow: w\n" + steps)
    wrong = _heritage3d(one_file, "run", str(workflow), str(tmp_path), "--out", str(tmp_path / "out"))
    assert wrong.returncode == 2
    assert "w.yaml:4" in wrong.stderr
    assert "less than or equal to 270" in wrong.stderr


def test_the_key_holds_options_and_inputs_but_nothing_that_only_changes_speed() -> None:
    @stage(writes="tiny/tiles", version=1)
    def keyed(
        page: Annotated[Path, Reads("tiny/page")],
        dest: Path,
        *,
        size: Annotated[int, Field(description="Size")] = 1,
        threads: Annotated[int, Speed(), Field(description="Threads")] = 1,
    ) -> Evidence:
        """Test."""
        return Evidence()

    declared = keyed.stage  # type: ignore[attr-defined]
    options = declared.Options
    one = declared.key(["digest"], options())
    assert declared.key(["digest"], options(threads=8)) == one
    assert declared.key(["digest"], options(size=2)) != one
    assert declared.key(["another"], options()) != one
    del stages()["keyed"]  # type: ignore[attr-defined]


def test_a_stage_without_kinds_or_dest_is_refused() -> None:
    with pytest.raises(TypeError, match="kind"):

        @stage(writes="x", version=1)
        def bare(page: Path, dest: Path) -> None:
            """Test."""

    with pytest.raises(TypeError, match="dest"):

        @stage(writes="x", version=1)
        def nowhere(page: Annotated[Path, Reads("tiny/page")]) -> None:
            """Test."""


def test_an_option_is_written_once() -> None:
    """The name of an option is found in the one file that declares it, and in its Chinese help."""
    root = Path(__file__).resolve().parents[2] / "heritage3d"
    sources = {path: path.read_text("utf-8") for path in root.rglob("*.py")}
    helped = {path: path.read_text("utf-8") for path in (root / "messages").rglob("*.yaml")}
    for name, declared in stages().items():
        if declared.run.__module__.startswith("tests."):
            continue
        for option in declared.public_options():
            described = f'"{declared.Options.model_fields[option].description}"'
            found = [path for path, text in {**sources, **helped}.items() if described.strip('"') in text]
            assert len(found) <= 1, f"{name}.{option} is described in {found}"
