"""The root of the tree, and the errors that carry others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar


class Heritage3dError(Exception):
    """Base of every error that a person may meet.

    Fields are plain strings and numbers: they fill the message, go to the report and survive pickling.
    ``file`` (a path as the person knows it) and ``object`` (the object's id) are understood everywhere.
    """

    code: ClassVar[str] = "H3D-900"
    exit_status: ClassVar[int] = 70

    def __init__(self, **fields: Any) -> None:
        self.fields: dict[str, Any] = {name: _plain(value) for name, value in fields.items()}
        super().__init__(self.line("en"))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.fields)

    @property
    def file(self) -> str:
        """The file at fault, as the person knows it; "" where there is none."""
        return str(self.fields.get("file", ""))

    def what(self, language: str | None = None) -> str:
        """What is wrong, in one sentence."""
        from heritage3d import messages

        return messages.error(self.code, "what", self.fields, language)

    def cure(self, language: str | None = None) -> str:
        """What the person can do about it, in one sentence."""
        from heritage3d import messages

        return messages.error(self.code, "cure", self.fields, language)

    def line(self, language: str | None = None) -> str:
        """The one line that a person reads: code, object, file, what, cure."""
        where = " ".join(str(self.fields[name]) for name in ("object", "file") if self.fields.get(name))
        head = f"{self.code} {where}" if where else self.code
        said = f"{self.what(language)} {self.cure(language)}".replace("。 ", "。")
        return " ".join(f"{head}: {said}".split())

    def __str__(self) -> str:
        return self.line()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def _rebuild(cls: type[Heritage3dError], fields: dict[str, Any]) -> Heritage3dError:
    return cls(**fields)


def _rebuild_many(
    cls: type[ObjectErrors], errors: Sequence[Heritage3dError], outputs: Sequence[Any], fields: dict[str, Any]
) -> Heritage3dError:
    return cls(errors, outputs, **fields)


def tree(root: type[Heritage3dError] = Heritage3dError) -> Iterator[type[Heritage3dError]]:
    """Every class of the tree that has a code of its own, parents first."""
    if "code" in vars(root):
        yield root
    for child in root.__subclasses__():
        yield from tree(child)


class ObjectError(Heritage3dError):
    """One object is at fault; the others go on. Fields: file, detail."""

    code, exit_status = "H3D-300", 1


class ObjectErrors(ObjectError):
    """All that is wrong with one object, where it is more than one thing. ``errors`` holds them, in order.

    ``outputs`` is what a stage could make all the same: the steps behind it still run on that, so that
    every bad file of an object is named in one run; the object is not published.
    """

    code = "H3D-279"

    def __init__(self, errors: Sequence[Heritage3dError] = (), outputs: Sequence[Any] = (), **fields: Any) -> None:
        self.errors: list[Heritage3dError] = list(errors)
        self.outputs: list[Any] = list(outputs)
        super().__init__(**{"count": len(self.errors), **fields})

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_many, (type(self), self.errors, self.outputs, self.fields)

    def line(self, language: str | None = None) -> str:
        """One line for each of them."""
        return "\n".join(error.line(language) for error in self.errors) or super().line(language)


def gathered(faults: Sequence[Heritage3dError]) -> Heritage3dError:
    """What to raise for these faults: the one itself, or all of them as ObjectErrors."""
    return faults[0] if len(faults) == 1 else ObjectErrors(faults)


class Interrupted(Heritage3dError):
    """The person pressed Ctrl-C. Fields: none."""

    code, exit_status = "H3D-910", 130
