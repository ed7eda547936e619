"""The reading room as files: complete, in order, the same bytes each time, safe against what people write."""

from __future__ import annotations

import html.parser
import json
import tracemalloc
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from heritage3d import errors
from heritage3d.exhibit import site
from heritage3d.iiif.collection import Entry, collection
from heritage3d.pipeline import addresses
from heritage3d.record.record import LABELS
from heritage3d.stages.exhibit import exhibit


def manifest(root: Path, identifier: str, **changes: Any) -> None:
    """A published manifest as the engine leaves it: bound to some base."""
    folder = root / "objects" / identifier
    folder.mkdir(parents=True)
    document = {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"https://museum.example/x/objects/{identifier}/manifest.json",
        "type": "Manifest",
        "label": {"zh-Hans": [f"藏品 {identifier}"], "en": [f"Object {identifier}"]},
        "metadata": [{"label": LABELS["kind"], "value": {"zh-Hans": ["甲骨"], "en": ["Oracle bone"]}}],
        "thumbnail": [{"id": "https://museum.example/t.jpg", "type": "Image", "width": 300, "height": 400}],
        "items": [canvas("Image"), canvas("Image"), canvas("Model")],
        **changes,
    }
    (folder / "manifest.json").write_text(json.dumps(document), "utf-8")


def canvas(kind: str) -> dict[str, Any]:
    return {"type": "Canvas", "items": [{"items": [{"motivation": "painting", "body": {"type": kind}}]}]}


def made(root: Path, dest: Path, **options: Any) -> Any:
    dest.mkdir()
    return exhibit(root, dest, **options)


class Links(html.parser.HTMLParser):
    """What a reader without a script finds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.addresses.append(dict(attributes)["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_site_of_a_collection(tmp_path: Path) -> None:
    for identifier in ("甲骨-10", "甲骨-2", "罐 3"):
        manifest(tmp_path / "out", identifier)
    told = made(tmp_path / "out", tmp_path / "site", title="Bones", title_zh="甲骨集")
    assert (told.objects, told.pages, told.models) == (3, 6, 3)
    document = addresses.load(tmp_path / "site" / "collection.json")
    assert document["id"] == addresses.here("collection.json")
    assert document["label"] == {"en": ["Bones"], "zh-Hans": ["甲骨集"]}
    places = [item["id"] for item in document["items"]]
    names = ["甲骨-2", "甲骨-10", "罐 3"]  # 2 before 10
    assert places == [addresses.here(f"objects/{name}/manifest.json") for name in names]
    assert document["items"][0]["thumbnail"][0]["id"] == addresses.here("objects/甲骨-2/thumbnail.jpg")
    assert document["items"][0]["label"]["zh-Hans"] == ["藏品 甲骨-2"]
    index = Links((tmp_path / "site" / "index.html").read_text("utf-8"))
    assert len(index.addresses) == 3
    assert index.addresses[2] == "objects/%E7%BD%90%203/manifest.json"
    assert {path.name for path in (tmp_path / "site").iterdir()} >= {
        "index.html",
        "collection.json",
        "changes",
        "search.json",
        "search",
        "assets",
    }


def test_written_piece_by_piece_the_collection_is_what_one_dump_would_be(tmp_path: Path) -> None:
    for identifier in ("b", "a"):
        manifest(tmp_path / "out", identifier)
    made(tmp_path / "out", tmp_path / "site", title='Quotes " and\nlines')
    entries = [Entry(name, {"zh-Hans": [f"藏品 {name}"], "en": [f"Object {name}"]}, (300, 400)) for name in "ab"]
    whole = addresses.dump(collection(entries, {"none": ['Quotes " and\nlines']}))
    assert (tmp_path / "site" / "collection.json").read_bytes() == whole


def test_the_collection_fits_the_official_schema(tmp_path: Path, data: Path) -> None:
    schema = json.loads((data / "iiif/schemas-and-fixtures/schema/iiif_3_0.json").read_text("utf-8"))
    manifest(tmp_path / "out", "a")
    made(tmp_path / "out", tmp_path / "site", summary="One object")
    jsonschema.validate(addresses.load(tmp_path / "site" / "collection.json"), schema)


def test_an_empty_collection_is_a_site_too(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert made(tmp_path / "out", tmp_path / "site").objects == 0
    assert addresses.load(tmp_path / "site" / "collection.json")["items"] == []
    assert json.loads((tmp_path / "site" / "search.json").read_bytes())["cards"] == []


def test_the_same_objects_give_the_same_bytes(tmp_path: Path) -> None:
    for folder, order in (("one", "abc"), ("two", "cab")):
        for identifier in order:
            manifest(tmp_path / folder, identifier)
        made(tmp_path / folder, tmp_path / f"{folder}-site")
    files = sorted(path.relative_to(tmp_path / "one-site") for path in (tmp_path / "one-site").rglob("*.*"))
    assert files
    for file in files:
        assert (tmp_path / "one-site" / file).read_bytes() == (tmp_path / "two-site" / file).read_bytes()


def test_what_people_write_stays_text(tmp_path: Path) -> None:
    evil = '</script><script>alert("1")</script>{up}{0}{{title}}'
    manifest(tmp_path / "out", "a", label={"en": [evil], 'x" onload="alert(1)': ["tag"]})
    made(tmp_path / "out", tmp_path / "site", title=evil, summary=evil)
    page = Links((tmp_path / "site" / "index.html").read_text("utf-8"))
    plain = Links((site.VIEWER / "index.html").read_text("utf-8"))
    assert page.tags.count("script") == plain.tags.count("script") == 1
    assert evil in page.text
    assert page.addresses == ["objects/a/manifest.json"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "JSON"),
        (b"", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "no Presentation 3 manifest"),
        (b'{"type": "Collection"}', "no Presentation 3 manifest"),
    ],
)
def test_a_manifest_that_is_none_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    manifest(tmp_path / "out", "good")
    (tmp_path / "out" / "objects" / "bad").mkdir()
    (tmp_path / "out" / "objects" / "bad" / "manifest.json").write_bytes(content)
    with pytest.raises(errors.IiifError, match=told) as caught:
        made(tmp_path / "out", tmp_path / "site")
    assert caught.value.fields["object"] == "bad"


@pytest.mark.parametrize(
    "changes",
    [
        {"label": None},
        {"label": "plain"},
        {"label": {"en": "plain"}},
        {"label": {"en": [1, None]}},
        {"metadata": {}},
        {"metadata": [1, {"label": LABELS["kind"], "value": 7}]},
        {"thumbnail": ["x"]},
        {"thumbnail": [{"width": "300"}]},
        {"items": [1, {"items": [{"items": [{"body": []}]}]}, {"items": 5}]},
    ],
)
def test_wrong_types_in_a_manifest_leave_the_object_in_the_list(tmp_path: Path, changes: dict[str, Any]) -> None:
    manifest(tmp_path / "out", "a", **changes)
    made(tmp_path / "out", tmp_path / "site")
    (item,) = addresses.load(tmp_path / "site" / "collection.json")["items"]
    assert item["label"]


def test_the_search_finds_every_language(tmp_path: Path) -> None:
    manifest(tmp_path / "out", "a", summary={"en": ["Found in Anyang"]})
    made(tmp_path / "out", tmp_path / "site")
    (found,) = json.loads((tmp_path / "site" / "search.json").read_bytes())["cards"]
    (text,) = json.loads((tmp_path / "site" / "search/texts/1.json").read_bytes())
    assert found["kind"] == {"zh-Hans": ["甲骨"], "en": ["Oracle bone"]}
    assert (found["pages"], found["models"]) == (2, 1)
    assert text.split("\n") == ["a", "藏品 a", "object a", "甲骨", "oracle bone", "found in anyang"]


def test_many_objects_go_to_further_pages_and_never_into_memory(tmp_path: Path) -> None:
    for number in range(2_500):
        manifest(tmp_path / "out", f"n{number}", requiredStatement={"value": {"en": ["long " * 2_000]}})
    tracemalloc.start()
    try:
        assert made(tmp_path / "out", tmp_path / "site").objects == 2_500
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12e6  # the manifests take 25 MB
    pages = [tmp_path / "site" / name for name in ("index.html", "list/2.html", "list/3.html")]
    found = [Links(page.read_text("utf-8")) for page in pages]
    objects = [[place for place in page.addresses if "manifest.json" in place] for page in found]
    assert [len(page) for page in objects] == [1_000, 1_000, 500]
    assert objects[0][0] == "objects/n0/manifest.json"
    assert objects[1][0] == "../objects/n1000/manifest.json"
    assert "list/2.html" in found[0].addresses
    assert "../list/3.html" in found[1].addresses
    assert "script" not in found[1].tags


def test_an_installation_without_the_viewer_says_so(tmp_path: Path) -> None:
    manifest(tmp_path / "out", "a")
    (tmp_path / "site").mkdir()
    with pytest.raises(errors.ViewerMissing) as caught:
        site.write(tmp_path / "out", tmp_path / "site", viewer=tmp_path)
    assert caught.value.exit_status == 6
    assert "pip install" in caught.value.cure("en")
