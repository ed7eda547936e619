"""A collection of more objects than one document holds: pages of IIIF, changes for harvesters, the search index."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from heritage3d.exhibit import searching, site
from heritage3d.exhibit.searching import folded, grams, shard_of
from heritage3d.iiif.check_presentation import check
from heritage3d.pipeline import addresses
from tests.benchmarks.collection import fill

OBJECTS = 1_030


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    fill(root, OBJECTS)
    (root / "site").mkdir()
    assert site.write(root, root / "site", title={"en": ["Large"]})[0] == OBJECTS
    return root / "site"


def load(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_the_collection_names_pages_and_these_name_every_object(made: Path, data: Path) -> None:
    schema = load(data / "iiif/schemas-and-fixtures/schema/iiif_3_0.json")
    top = load(made / "collection.json")
    pages = [load(made / item["id"].removeprefix(addresses.HERE)) for item in top["items"]]
    for document in (top, *pages):
        jsonschema.Draft7Validator(schema).validate(document)
    assert [item["type"] for item in top["items"]] == ["Collection", "Collection"]
    assert [page["id"] for page in pages] == [item["id"] for item in top["items"]]
    assert [page["label"] for page in pages] == [item["label"] for item in top["items"]]
    assert all(page["partOf"][0]["id"] == top["id"] for page in pages)
    named = [item["id"] for page in pages for item in page["items"]]
    assert len(named) == len(set(named)) == OBJECTS
    assert [finding.code for finding in check(made / "collections/2/collection.json")] == []


def test_harvesters_find_every_object_once(made: Path) -> None:
    """Change Discovery 1.0, 2.2.1 and 2.4: an OrderedCollection with its last page, pages that know the one before."""
    whole = load(made / "changes/all-changes.json")
    assert (whole["type"], whole["totalItems"]) == ("OrderedCollection", OBJECTS)
    at, seen = whole["last"]["id"], []
    while at:
        page = load(made / at.removeprefix(addresses.HERE))
        assert (page["id"], page["type"]) == (at, "OrderedCollectionPage")
        assert page["partOf"]["id"] == whole["id"]
        seen = [entry["object"]["id"] for entry in page["orderedItems"]] + seen
        at = page.get("prev", {}).get("id")
    assert len(seen) == len(set(seen)) == OBJECTS
    assert "endTime" not in (made / "changes/1/page.json").read_text()  # no clock is published


def test_every_document_can_be_bound(made: Path) -> None:
    """What bind moves are the files that the kind names."""
    from heritage3d.exhibit import kinds as _kinds  # noqa: F401
    from heritage3d.pipeline.kinds import kind

    named = set(kind("site").addressed)
    holding = {path.name for path in made.rglob("*.json") if addresses.HERE.encode() in path.read_bytes()}
    assert holding == named


def test_the_index_finds_what_reading_would_find(made: Path) -> None:
    head = load(made / "search.json")
    texts = [
        text for at in range(1, -(-OBJECTS // searching.PAGE) + 1) for text in load(made / f"search/texts/{at}.json")
    ]
    assert len(texts) == OBJECTS
    for word in ("dragon", "rago", "甲", "簡牘", "m000777", "ｔｏｍｂ", "an", "竹木帛"):
        wanted = folded(word)
        asked = [gram for gram in grams(wanted) if len(wanted) == 2 or len(gram) > 2 or not gram.isascii()]
        found = set(range(OBJECTS))
        for gram in asked:
            steps = load(made / f"search/words/{shard_of(gram, head['shards'])}.json").get(gram, [])
            found &= set(itertools.accumulate(steps))
        if wanted == "an":  # two letters find the words that they begin
            assert found == {at for at, text in enumerate(texts) if re.search(r"(^|\s)an", text)}
            continue
        assert found >= {at for at, text in enumerate(texts) if wanted in text}
        if len(asked) == 1:
            assert found == {at for at, text in enumerate(texts) if wanted in text}


def test_the_first_view_reads_one_small_file(made: Path) -> None:
    head = load(made / "search.json")
    assert (made / "search.json").stat().st_size < 40_000
    assert len(head["cards"]) == searching.PAGE
    (kinds,) = [facet for facet in head["facets"] if facet["name"] == "kind"]
    assert sum(value["count"] for value in kinds["values"]) == OBJECTS
    assert len(load(made / f"search/facets/{kinds['values'][0]['file']}.json")) == kinds["values"][0]["count"]


@pytest.mark.parametrize(("text", "same"), [("Ａ", "a"), ("É", "e"), ("ﬁ", "fi"), ("㍿", "株式会社"), ("龜", "龜")])
def test_folding(text: str, same: str) -> None:
    assert folded(text) == same
