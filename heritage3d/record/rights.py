"""Licences: from what people write (CC BY 4.0, CC0, InC) to the addresses that IIIF's ``rights`` accepts.

Presentation API 3.0, 3.1: the value is drawn from Creative Commons or RightsStatements.org, with ``http``.
"""

from __future__ import annotations

import functools
import re

_CC = re.compile(r"cc[ -]?(by(?:-nc)?(?:-(?:sa|nd))?)(?:[ -]?([0-9.]+))?(?:[ -]([a-z]{2,4}))?")
_CC_ADDRESS = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/"
    r"(licenses/(?:by|by-sa|by-nc|by-nd|by-nc-sa|by-nc-nd)/[1-4]\.[05](?:/[a-z]{2,4})?|publicdomain/(?:zero|mark)/1\.0)"
    r"(?:/(?:deed|legalcode)[.a-z_-]*)?/?(?:\?[a-z=&.]*)?"
)
_STATEMENTS = "InC InC-OW-EU InC-EDU InC-NC InC-RUU NoC-CR NoC-NC NoC-OKLR NoC-US CNE UND NKC".split()  # noqa: SIM905
_STATEMENT_ADDRESS = re.compile(
    rf"https?://(?:www\.)?rightsstatements\.org/(?:vocab|page)/({'|'.join(_STATEMENTS)})/1\.0/?(?:\?.*)?"
)
_PUBLIC_DOMAIN = {"cc0", "cc0 1.0", "cc0-1.0", "cc zero", "cc-zero"}
_MARK = {"pdm", "pdm 1.0", "public domain mark", "public domain mark 1.0"}
_VERSIONS = {"1.0", "2.0", "2.5", "3.0", "4.0"}


class UnclearRights(ValueError):
    """A licence is meant, but one cannot tell which."""


@functools.lru_cache(maxsize=1_000)
def licence(text: str) -> str | None:
    """The address of the licence that is named; None where the text is a statement of its own.

    Raises UnclearRights where a part is missing: CC BY without its version is not a licence.
    """
    folded = " ".join(text.split()).casefold()
    if folded in _PUBLIC_DOMAIN:
        return "http://creativecommons.org/publicdomain/zero/1.0/"
    if folded in _MARK:
        return "http://creativecommons.org/publicdomain/mark/1.0/"
    for name in _STATEMENTS:
        if folded in {name.casefold(), f"{name.casefold()} 1.0"}:
            return f"http://rightsstatements.org/vocab/{name}/1.0/"
    if match := _STATEMENT_ADDRESS.fullmatch(text):
        return f"http://rightsstatements.org/vocab/{match[1]}/1.0/"
    if match := _CC_ADDRESS.fullmatch(text):
        return f"http://creativecommons.org/{match[1]}/"
    if re.match(r"https?://(www\.)?(creativecommons|rightsstatements)\.org/", text):
        raise UnclearRights("this address names no licence")
    return _creative_commons(folded)


def _creative_commons(folded: str) -> str | None:
    match = _CC.fullmatch(re.sub(r"(?<=by|nc) ?[ -] ?(?=nc|sa|nd)", "-", folded))
    if not match:
        return None
    terms, version, place = match.groups()
    if version is None:
        raise UnclearRights("its version is missing")
    if version not in _VERSIONS or (version == "4.0" and place):
        raise UnclearRights("there is no such version")
    return f"http://creativecommons.org/licenses/{terms}/{version}/" + (f"{place}/" if place else "")


def is_licence(text: str) -> bool:
    """Whether this is the address of a licence, as ``licence`` gives it."""
    return text.startswith(("http://creativecommons.org/", "http://rightsstatements.org/vocab/"))
