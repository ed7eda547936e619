"""Workflow files: every mistake is named with file and line, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heritage3d.errors import WorkflowError, WorkflowNotFound
from heritage3d.pipeline import workflow as workflows
from heritage3d.pipeline.schema import workflow_schema
from tests.pipeline import tiny

HEAD = "workflow: w\nsteps:\n  captures: {stage: tiny-ingest}\n"


def _load(tmp_path: Path, text: str | bytes) -> workflows.Workflow:
    path = tmp_path / "w.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return workflows.load(str(path))


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (HEAD + "  pages: {stage: tiny-tile, from: captures, copies: 80}\n", 4, "less than or equal to 9"),
        (HEAD + "  pages:\n    stage: tiny-tile\n    from: captures\n    copy: 2\n", 7, "no such option"),
        (HEAD + "  pages: {stage: tiny-tyle, from: captures}\n", 4, "no such stage"),
        (HEAD + "  pages:\n    stage: tiny-tile\n", 4, "name the step"),
        (HEAD + "  pages:\n    stage: tiny-tile\n    from: capture\n", 6, "no step 'capture'"),
        (HEAD + "  m:\n    stage: tiny-manifest\n    from: captures\n", 6, "tiny/tiles"),
        (
            HEAD + "  s: {stage: tiny-site}\n  m: {stage: tiny-tile, from: s}\n",
            5,
            "reads tiny/page, but 's' makes tiny/site",
        ),
        ("workflow: w\n", 1, "at least one step"),
        ("steps: [1]\nworkflow: w\n", 1, "at least one step"),
        ("workflow: w\nworkflow: x\n", 2, "twice"),
        ("workflow: w\nstep: {}\n", 2, "unknown key"),
        ("workflow: w\nsteps:\n\tx: 1\n", 3, "no YAML"),
        ("- a\n", 1, "mapping"),
        (HEAD + "  yes: {stage: tiny-tile}\n", 4, "steps.yes.from"),
        ("", 1, "mapping"),
        ("workflow: w\nsteps: {a: {stage: !!python/object:os.system x}}\n", 2, "cannot be read"),
        (b"workflow: \xff\n", 1, "UTF-8"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str | bytes, line: int, told: str) -> None:
    with pytest.raises(WorkflowError) as raised:
        _load(tmp_path, text)
    assert raised.value.file.endswith(f"w.yaml:{line}")
    assert told in raised.value.what("en")
    assert raised.value.exit_status == 2


def test_a_file_that_unfolds_is_refused(tmp_path: Path) -> None:
    bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + at)}: &{chr(98 + at)} [{','.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(9)
    )
    with pytest.raises(WorkflowError):
        _load(tmp_path, bomb)
    with pytest.raises(WorkflowError):
        _load(tmp_path, "a: " + "[" * 20_000)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(WorkflowNotFound, match="exhibition"):
        workflows.load("exhibitoin")


@pytest.mark.parametrize("name", sorted(workflows.shipped()))
def test_every_shipped_workflow_loads_and_fits_the_schema(name: str) -> None:
    import jsonschema
    import yaml

    known = workflows.load(name)
    assert known.title["en"]
    assert known.title["zh-Hans"]
    jsonschema.validate(yaml.safe_load(workflows.shipped()[name].read_text("utf-8")), workflow_schema())


def test_the_tiny_workflow_loads(tmp_path: Path) -> None:
    steps = _load(tmp_path, tiny.WORKFLOW).steps
    assert [step.stage.arity for step in steps] == ["each", "each", "all", "collection"]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_no_text_makes_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    with pytest.raises(WorkflowError):
        workflows.load(str(path))
