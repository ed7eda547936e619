"""The static search index of a collection: small files of which a reader loads those that a search needs.

search.json             how many objects, the facets, the cards of the first page
search/cards/N.json     the cards of page N (from 2), what the gallery shows of an object
search/texts/N.json     what the objects of page N are found by, folded
search/words/K.json     which objects hold a gram, for all grams of shard K
search/facets/K.json    which objects have value K of a facet

Grams are pairs of signs, which find Chinese (it has no spaces), and three ASCII letters, which find parts of words
and numbers. Objects are numbers in the order of the collection; lists of them are written as steps ([3, 1, 1] is
3, 4, 5). A collection of one page has neither words nor facets in files: its texts are searched as they are. The
reader's side is viewer/src/search.ts.
"""

from __future__ import annotations

import functools
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, filterfalse
from operator import add, sub
from pathlib import Path
from typing import Any

import orjson

from heritage3d.exhibit.listing import FACETS, Listed, Words
from heritage3d.record.record import LABELS

PAGE = 60  # cards in one file: what the gallery shows at a time
MOST_VALUES = 24  # of a facet that a reader can choose from
OBJECTS_PER_SHARD = 100
MOST_SHARDS = 1024


@functools.lru_cache(maxsize=20_000)
def _folded_sign(sign: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign) if unicodedata.category(part)[0] != "M")
    return bare.lower()


def folded(text: str) -> str:
    """One form for wide and narrow letters, cases and accents."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded_sign, text))


def grams(text: str) -> set[str]:
    """What a folded text is found by: each sign alone and each pair of neighbours where one is not ASCII; of ASCII
    words their triples and their first two letters.
    """
    words = text.split()
    spaced = " ".join(words)
    pairs = list(map(add, spaced, spaced[1:]))
    found = set(filter(str.isascii, map(add, pairs, spaced[2:])))
    if not spaced.isascii():
        found.update(filterfalse(str.isascii, pairs), filterfalse(str.isascii, spaced))
    found.update(word[:2] for word in words if word[:2].isascii() and len(word) > 1)
    return {gram for gram in found if " " not in gram}


def shard_of(gram: str, shards: int) -> int:
    """The file of a gram, from the code points of its signs; viewer/src/search.ts computes the same."""
    value = 0
    for sign in gram:
        value = value * 31 + ord(sign)
    return value % shards


class Index:
    """Takes the objects of a collection in their order and writes the index; memory holds numbers, no texts."""

    def __init__(self, dest: Path, objects: int) -> None:
        self._dest = dest
        self._objects = objects
        self._first: list[dict[str, Any]] = []
        self._cards: list[dict[str, Any]] = []
        self._texts: list[str] = []
        self._having: defaultdict[str, array[int]] = defaultdict(_numbers)
        self._values: dict[str, dict[bytes, array[int]]] = {name: {} for name in (*FACETS, "form")}
        self._at = 0

    def add(self, listed: Listed) -> None:
        """The next object."""
        label = "\n".join(text for texts in listed.entry.label.values() for text in texts)
        text = folded(f"{listed.entry.id}\n{label}\n{listed.text}")
        if self._objects > PAGE:
            for gram in grams(text):
                self._having[gram].append(self._at)
        form = ["images"] * bool(listed.pages) + ["models"] * bool(listed.models)
        told = [(name, orjson.dumps(words)) for name, words in listed.facets.items()]
        for name, value in (*told, *(("form", orjson.dumps(one)) for one in form)):
            values = self._values[name]
            if value in values or len(values) < 1_000:  # a column that is different everywhere is no facet
                values.setdefault(value, _numbers()).append(self._at)
        self._cards.append(_card(listed))
        self._texts.append(text)
        self._at += 1
        if len(self._cards) == PAGE:
            self._page()

    def close(self, title: Words, summary: Words) -> None:
        """Write what is left, the words, the facets and search.json."""
        if self._cards:
            self._page()
        shards = self._words()
        document = {
            "label": title,
            "summary": summary,
            "objects": self._objects,
            "page": PAGE,
            "shards": shards,
            "facets": self._facets(),
            "cards": self._first,
        }
        (self._dest / "search.json").write_bytes(orjson.dumps(document))

    def _page(self) -> None:
        number = -(-self._at // PAGE)
        self._write(f"texts/{number}.json", self._texts)
        if number == 1:
            self._first = self._cards
        else:
            self._write(f"cards/{number}.json", self._cards)
        self._cards, self._texts = [], []

    def _words(self) -> int:
        """How many files of words there are."""
        if not self._having:
            return 0
        shards = 1
        while shards < MOST_SHARDS and shards * OBJECTS_PER_SHARD < self._objects:
            shards *= 2
        files: list[list[str]] = [[] for _ in range(shards)]
        for gram in self._having:
            files[shard_of(gram, shards)].append(gram)
        for number, names in enumerate(files):
            self._write(f"words/{number}.json", {gram: _steps(self._having[gram]) for gram in sorted(names)})
        return shards

    def _facets(self) -> list[dict[str, Any]]:
        told, number = [], 0
        for name, found in self._values.items():
            values = [(value, having) for value, having in found.items() if len(having) < self._objects]
            if not _worth(name, values):
                continue
            entries = []
            for value, having in sorted(values, key=lambda entry: entry[1][0]):
                entry: dict[str, Any] = {"value": orjson.loads(value), "count": len(having)}
                if self._objects > PAGE:
                    entry["file"] = number
                    self._write(f"facets/{number}.json", _steps(having))
                    number += 1
                else:
                    entry["objects"] = _steps(having)
                entries.append(entry)
            told.append({"name": name, "label": LABELS.get(name), "values": entries})
        return told

    def _write(self, place: str, content: Any) -> None:
        path = self._dest / "search" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(content))


def _worth(name: str, values: list[tuple[bytes, array[int]]]) -> bool:
    """Whether choosing among these values helps: not when there is one, too many, or, of a date, one an object."""
    if name == "form":
        return bool(values)
    return 2 <= len(values) <= MOST_VALUES and (name == "kind" or any(len(having) > 1 for _value, having in values))


def _numbers() -> array[int]:
    return array("I")


def _card(listed: Listed) -> dict[str, Any]:
    card: dict[str, Any] = {"id": listed.entry.id, "label": listed.entry.label, "kind": listed.kind}
    card |= {"pages": listed.pages, "models": listed.models}
    return card | ({"thumbnail": listed.entry.thumbnail} if listed.entry.thumbnail else {})


def _steps(numbers: Sequence[int]) -> list[int]:
    return list(map(sub, numbers, chain((0,), numbers)))
