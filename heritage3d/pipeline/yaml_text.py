"""YAML that a stranger wrote: plain values with the lines where they stand; bounded, and refused in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

_MAX_NODES = 20_000  # a YAML file of a few lines can unfold to gigabytes through aliases
_MAX_DEPTH = 50
_TEXT, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
#: What PyYAML's own constructors raise for values such as `!!int ""` and `!!timestamp x`.
_ODD = (ValueError, LookupError, AttributeError, ArithmeticError)


class NotYaml(Exception):
    """Why a text cannot be read, as a short fragment, and the line where that shows (None: nowhere)."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


@dataclass(frozen=True)
class Document:
    """The plain ``value`` of a text (None of an empty one); it knows the line of every entry."""

    value: Any = None
    node: yaml.Node | None = None

    def line(self, *place: str | int) -> int:
        """The line of the entry at this place, or of the nearest one around it that exists.

        A name that the text does not have is passed over: a level that only a model has, one point where a list
        may stand.
        """
        line, node = 1, self.node
        for part in place:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
                if found is not None:
                    line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
        return line


def read(text: str) -> Document:
    """The plain values of a text. Every key is a text, also one that looks like a number or like yes and no.

    A key that is no plain word or stands twice is a fault. Raises NotYaml.
    """
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        if node is None:
            return Document()
        _bound(node)
        return Document(_value(node), node)
    except RecursionError:
        raise NotYaml("it is nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise NotYaml(f"it is no YAML: {error.problem}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise NotYaml(str(getattr(error, "reason", None) or "it is no YAML")) from None


def _bound(root: yaml.Node) -> None:
    """Count what the text unfolds to, look at every key and take it as a text. Raises NotYaml."""
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
                if key.tag != _MERGE:
                    key.tag = _TEXT
                left += [(key, depth + 1), (value, depth + 1)]
        elif isinstance(node, yaml.SequenceNode):
            left += [(value, depth + 1) for value in node.value]


def _value(root: yaml.Node) -> Any:
    try:
        return yaml.SafeLoader("").construct_document(root)
    except (*_ODD, yaml.constructor.ConstructorError):  # the latter: `!!python/object:os.system x`
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
