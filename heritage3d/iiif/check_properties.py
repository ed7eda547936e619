"""The checks of single properties of the Presentation API: one function for each form that a value can have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heritage3d.iiif import rules
from heritage3d.iiif.check_presentation import (
    FORM,
    ID,
    LANGUAGE,
    MISSING,
    RECOMMENDED,
    SERVICE,
    VALUE,
    Judge,
    escaped,
    shown,
)
from heritage3d.record.links import valid_date

Check = Callable[[Judge, Any, str, str], None]


def _id(judge: Judge, value: Any, where: str, _kind: str) -> None:
    if not isinstance(value, str) or not rules.ADDRESS.fullmatch(value):
        space = isinstance(value, str) and value != value.strip()
        judge.say(ID, f"{shown(value)} is no absolute http or https address" + " (space at an end)" * space, where)


def _texts(judge: Judge, value: Any, where: str, _kind: str = "") -> None:
    """A language map: BCP 47 tags or "none" to lists of strings (4.1)."""
    if not isinstance(value, dict) or not value:
        judge.say(LANGUAGE, f"{shown(value)} is no language map such as {{'en': ['…']}}", where)
        return
    for tag, texts in value.items():
        if not rules.LANGUAGE.fullmatch(tag):
            judge.say(LANGUAGE, f"{shown(tag)} is no language tag", f"{where}/{escaped(tag)}")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            judge.say(LANGUAGE, "the texts of a language are a list of strings", f"{where}/{escaped(tag)}")
        elif not texts:
            judge.say(RECOMMENDED, "a language without a text", f"{where}/{escaped(tag)}", "warning")


def _pair(judge: Judge, value: Any, where: str, _kind: str = "") -> None:
    if not isinstance(value, dict):
        judge.say(FORM, "it is no object with label and value", where)
        return
    for name in ("label", "value"):
        if name in value:
            _texts(judge, value[name], f"{where}/{name}")
        else:
            judge.say(MISSING, f"{name} is missing", where)


def _metadata(judge: Judge, value: Any, where: str, _kind: str) -> None:
    judge.each(value, where, lambda entry, place: _pair(judge, entry, place))


def _rights(judge: Judge, value: Any, where: str, _kind: str) -> None:
    if not isinstance(value, str) or not rules.RIGHTS.fullmatch(value):
        allowed = "a licence of http://creativecommons.org/ or http://rightsstatements.org/vocab/"
        judge.say(VALUE, f"{shown(value)} is not {allowed}", where)


def _nav_date(judge: Judge, value: Any, where: str, _kind: str) -> None:
    if not isinstance(value, str) or not valid_date(value):
        judge.say(VALUE, f"{shown(value)} is no date and time with a time zone", where)


def _direction(judge: Judge, value: Any, where: str, _kind: str) -> None:
    if not isinstance(value, str) or value not in rules.DIRECTIONS:
        judge.say(VALUE, f"{shown(value)} is no viewing direction", where)


def _behavior(judge: Judge, value: Any, where: str, kind: str) -> None:
    if not isinstance(value, list):
        judge.say(FORM, "behavior is no list", where)
        return
    names = [name for name in value if isinstance(name, str)]
    if len(names) != len(value):
        judge.say(FORM, "a behavior is a string", where)
    for name in names:
        known = rules.BEHAVIORS.get(name)
        if known is None:
            judge.say(VALUE, f"{shown(name)} is no behavior", where)
        elif kind not in known:
            judge.say(VALUE, f"the behavior {name} is not for a {kind}", where)
    for group in rules.DISJOINT:
        if len(group & set(names)) > 1:
            judge.say(VALUE, f"{' and '.join(sorted(group & set(names)))} exclude each other", where)


def _pixels(judge: Judge, value: Any, where: str, _kind: str) -> None:
    if type(value) is not int or value <= 0:
        judge.say(VALUE, f"{shown(str(value))} is no whole number above zero", where)


def _duration(judge: Judge, value: Any, where: str, _kind: str) -> None:
    if type(value) not in {int, float} or value <= 0:
        judge.say(VALUE, f"{shown(str(value))} is no duration in seconds", where)


def _format(judge: Judge, value: Any, where: str, _kind: str) -> None:
    if not isinstance(value, str) or not rules.MEDIA_TYPE.fullmatch(value):
        judge.say(VALUE, f"{shown(value)} is no media type", where)


def _linked(role: str) -> Check:
    """A list of linked resources (3.3), with what each of them must say."""

    def judge_all(judge: Judge, value: Any, where: str, _kind: str) -> None:
        def judge_one(entry: dict[str, Any], place: str) -> None:
            for name in rules.REQUIRED[role]:
                if not entry.get(name):
                    judge.say(MISSING, f"{name} is missing", place)
            if role == "Agent" and entry.get("type") != "Agent":
                judge.say(VALUE, f"the type of a provider is Agent, not {shown(entry.get('type'))}", f"{place}/type")
            for name, inner in entry.items():
                if name in _LINKED_CHECKS:
                    _LINKED_CHECKS[name](judge, inner, f"{place}/{name}", str(entry.get("type")))

        judge.each(value, where, judge_one)

    return judge_all


def _services(judge: Judge, value: Any, where: str, _kind: str) -> None:
    def judge_one(entry: dict[str, Any], place: str) -> None:
        _id(judge, entry.get("id", entry.get("@id")), f"{place}/id", "")
        kind = entry.get("type", entry.get("@type"))
        profile = entry.get("profile")
        if not isinstance(kind, str):
            judge.say(MISSING, "type is missing", place)
        elif kind in rules.IMAGE_PROFILE and not (
            isinstance(profile, str) and rules.IMAGE_PROFILE[kind].fullmatch(profile)
        ):
            judge.say(SERVICE, f"{shown(profile)} is no profile of an {kind}", f"{place}/profile")
        if "service" in entry:
            _services(judge, entry["service"], f"{place}/service", "")

    judge.each(value, where, judge_one)


CHECKS: dict[str, Check] = {
    "id": _id,
    "label": _texts,
    "summary": _texts,
    "metadata": _metadata,
    "requiredStatement": _pair,
    "rights": _rights,
    "navDate": _nav_date,
    "viewingDirection": _direction,
    "behavior": _behavior,
    "height": _pixels,
    "width": _pixels,
    "duration": _duration,
    "format": _format,
    "provider": _linked("Agent"),
    "thumbnail": _linked("thumbnail"),
    "homepage": _linked("homepage"),
    "rendering": _linked("rendering"),
    "seeAlso": _linked("seeAlso"),
    "partOf": _linked("partOf"),
    "service": _services,
    "services": _services,
}
_LINKED_CHECKS = {
    **{name: CHECKS[name] for name in ("id", "label", "format", "height", "width", "duration", "service", "homepage")},
    "seeAlso": CHECKS["seeAlso"],
    "logo": _linked("logo"),
}
