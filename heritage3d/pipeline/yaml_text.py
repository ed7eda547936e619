"""YAML that a stranger wrote: plain values with the lines where they stand; bounded, and refused in one line."""

from __future__ import annotations

from typing import Any

import yaml

_MAX_NODES = 20_000  # a YAML file of a few lines can unfold to gigabytes through aliases
_MAX_DEPTH = 50
#: What PyYAML's own constructors raise for values such as `!!int ""` and `!!timestamp x`.
_ODD = (ValueError, LookupError, AttributeError, ArithmeticError)


class NotYaml(Exception):
    """Why a text cannot be read, as a short fragment, and the line where that shows (None: nowhere)."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def read(text: str) -> tuple[Any, yaml.Node | None]:
    """The plain values of a text, and its nodes, which know their lines; (None, None) of an empty one.

    A key that is no plain word or stands twice is a fault. Raises NotYaml.
    """
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        if node is None:
            return None, None
        _bound(node)
        return _value(node), node
    except RecursionError:
        raise NotYaml("it is nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise NotYaml(error.problem or "it is no YAML", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise NotYaml(str(getattr(error, "reason", None) or "it is no YAML")) from None


def _bound(root: yaml.Node) -> None:
    """Count what the text unfolds to, and look at every key. Raises NotYaml."""
    left = [(root, 0)]
    count = 0
    while left:
        node, depth = left.pop()
        count += 1
        if count > _MAX_NODES or depth > _MAX_DEPTH:
            raise NotYaml("it unfolds to too many values")
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                line = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode):
                    raise NotYaml("a key is no plain word", line)
                if key.value in keys:
                    raise NotYaml(f"the key {key.value} stands twice", line)
                keys.add(key.value)
                left += [(key, depth + 1), (value, depth + 1)]
        elif isinstance(node, yaml.SequenceNode):
            left += [(value, depth + 1) for value in node.value]


def _value(root: yaml.Node) -> Any:
    try:
        return yaml.SafeLoader("").construct_document(root)
    except _ODD:
        raise NotYaml("this value cannot be read", _culprit(root)) from None


def _culprit(node: yaml.Node) -> int | None:
    """The line of the first value that cannot be made."""
    if isinstance(node, yaml.ScalarNode):
        try:
            yaml.SafeLoader("").construct_object(node)
        except (*_ODD, yaml.YAMLError):
            return int(node.start_mark.line) + 1
        return None
    inside = [entry for pair in node.value for entry in pair] if isinstance(node, yaml.MappingNode) else node.value
    return next((line for entry in inside if (line := _culprit(entry)) is not None), None)
