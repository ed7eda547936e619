"""Language tags (BCP 47) as people write them in the heads of columns, and texts by language for IIIF."""

from __future__ import annotations

import re

Texts = dict[str, list[str]]

UNKNOWN = "none"  # the IIIF key for a text whose language nobody told

_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*", re.IGNORECASE)


def canonical(tag: str) -> str | None:
    """The tag in its usual form (zh-Hans, en-GB, none); None if it is no language tag."""
    tag = tag.strip().replace("_", "-")
    if tag.lower() == UNKNOWN:
        return UNKNOWN
    if not tag.isascii() or not _TAG.fullmatch(tag):
        return None
    first, *others = tag.split("-")
    shaped = (part.title() if len(part) == 4 and part.isalpha() else part.upper() if len(part) == 2 else part.lower()
              for part in others)  # fmt: skip
    return "-".join((first.lower(), *shaped))


def split(heading: str) -> tuple[str, str | None]:
    """``title@zh-Hans`` -> ("title", "zh-Hans"); a heading without a language -> (heading, None)."""
    base, _, tag = heading.rpartition("@")
    language = canonical(tag) if base.strip() else None
    return (base.strip(), language) if language else (heading.strip(), None)
