"""The command ``heritage3d schema``."""

from __future__ import annotations

import json

from heritage3d.messages import command as said

SUMMARY = said("schema", "Print the JSON Schema of workflows, for editors.")


def schema() -> None:
    """Derived from the stages' declarations."""
    from heritage3d.pipeline.schema import workflow_schema

    print(json.dumps(workflow_schema(), indent=2, ensure_ascii=False))
