"""The check of Presentation 3: what it refuses, what it accepts, what it survives."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heritage3d import errors
from heritage3d.iiif.check_presentation import check
from heritage3d.iiif.describe import describe
from heritage3d.pipeline import kinds

Json = dict[str, Any]
SITE = "https://museum.example/m"


def canvas(number: int) -> Json:
    image = {
        "id": f"{SITE}/{number}/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "height": 200,
        "width": 100,
        "service": [{"id": f"{SITE}/{number}", "type": "ImageService3", "profile": "level0"}],
    }
    annotation = {
        "id": f"{SITE}/annotation/{number}",
        "type": "Annotation",
        "motivation": "painting",
        "body": image,
        "target": f"{SITE}/canvas/{number}",
    }
    return {
        "id": f"{SITE}/canvas/{number}",
        "type": "Canvas",
        "label": {"none": [str(number)]},
        "height": 200,
        "width": 100,
        "items": [{"id": f"{SITE}/page/{number}", "type": "AnnotationPage", "items": [annotation]}],
    }


def good() -> Json:
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"{SITE}/manifest.json",
        "type": "Manifest",
        "label": {"zh-Hans": ["龟甲"], "en": ["Shell"]},
        "navDate": "1936-06-12T00:00:00Z",
        "rights": "http://creativecommons.org/publicdomain/zero/1.0/",
        "viewingDirection": "right-to-left",
        "behavior": ["paged"],
        "provider": [{"id": "https://museum.example/", "type": "Agent", "label": {"en": ["Museum"]}}],
        "items": [canvas(1), canvas(2)],
    }


def judged(folder: Path, document: Any) -> list[kinds.Finding]:
    (folder / "manifest.json").write_text(json.dumps(document), "utf-8")
    return check(folder / "manifest.json")


def faults(folder: Path, document: Any) -> list[str]:
    return [finding.code for finding in judged(folder, document) if finding.severity == "error"]


def first_annotation(document: Json) -> Json:
    found: Json = document["items"][0]["items"][0]["items"][0]
    return found


# The nineteen mutations of the project's facts, of which iiif-prezi3 refuses 6 and the official validator 11.
MUTATIONS: dict[str, tuple[str, Callable[[Json], Any]]] = {
    "no label": ("H3D-520", lambda m: m.pop("label")),
    "relative id": ("H3D-524", lambda m: m.update(id="manifest.json")),
    "bad behavior": ("H3D-523", lambda m: m.update(behavior=["flipbook"])),
    "bad viewingDirection": ("H3D-523", lambda m: m.update(viewingDirection="sideways")),
    "bad navDate": ("H3D-523", lambda m: m.update(navDate="last Tuesday")),
    "bad language key": ("H3D-527", lambda m: m.update(label={"not a language": ["x"]})),
    "no items": ("H3D-520", lambda m: m.pop("items")),
    "items empty": ("H3D-520", lambda m: m.update(items=[])),
    "plain-string label": ("H3D-527", lambda m: m.update(label="Shell")),
    "unknown property": ("H3D-522", lambda m: m.update(colour="red")),
    "arbitrary rights": ("H3D-523", lambda m: m.update(rights="https://museum.example/terms")),
    "canvas without height": ("H3D-520", lambda m: m["items"][0].pop("height")),
    "canvas of zero height": ("H3D-523", lambda m: m["items"][0].update(height=0)),
    "canvas id with fragment": ("H3D-524", lambda m: m["items"][0].update(id=f"{SITE}/canvas/1#xywh=0,0,1,1")),
    "duplicate canvas ids": ("H3D-525", lambda m: m["items"][1].update(id=f"{SITE}/canvas/1")),
    "target elsewhere": ("H3D-526", lambda m: first_annotation(m).update(target=f"{SITE}/canvas/2")),
    "bad service profile": ("H3D-528", lambda m: first_annotation(m)["body"]["service"][0].update(profile="level9")),
    "provider without label": ("H3D-520", lambda m: m["provider"][0].pop("label")),
    "missing motivation": ("H3D-529", lambda m: first_annotation(m).pop("motivation")),
}


def test_a_good_manifest_has_no_finding(tmp_path: Path) -> None:
    assert judged(tmp_path, good()) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_all_nineteen_mutations_are_refused(tmp_path: Path, name: str) -> None:
    code, mutate = MUTATIONS[name]
    document = good()
    mutate(document)
    assert code in faults(tmp_path, document)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("H3D-523", {"navDate": "1936-02-30T00:00:00Z"}),
        ("H3D-523", {"navDate": "1936-06-12"}),
        ("H3D-523", {"behavior": ["paged", "continuous"]}),
        ("H3D-523", {"behavior": ["facing-pages"]}),
        ("H3D-521", {"behavior": "paged"}),
        ("H3D-521", {"metadata": {"label": "x"}}),
        ("H3D-520", {"metadata": [{"label": {"en": ["x"]}}]}),
        ("H3D-527", {"label": {}}),
        ("H3D-527", {"label": {"en": "x"}}),
        ("H3D-520", {"homepage": [{"id": f"{SITE}/", "type": "Text"}]}),
        ("H3D-526", {"start": {"id": f"{SITE}/canvas/9", "type": "Canvas"}}),
        (
            "H3D-526",
            {"structures": [{"id": f"{SITE}/r", "type": "Range", "items": [{"id": f"{SITE}/9", "type": "Canvas"}]}]},
        ),
        ("H3D-521", {"items": [{"id": f"{SITE}/canvas/1", "type": "Manifest"}]}),
        ("H3D-520", {"@context": "https://museum.example/"}),
        ("H3D-523", {"rights": "https://creativecommons.org/licenses/by/4.0/"}),
    ],
)
def test_other_faults(tmp_path: Path, code: str, change: Json) -> None:
    assert code in faults(tmp_path, good() | change)


def test_other_people_may_extend(tmp_path: Path) -> None:
    place = "http://iiif.io/api/extension/navplace/context.json"
    document = good() | {"@context": [place, good()["@context"]], "navPlace": {"type": "FeatureCollection"}}
    assert faults(tmp_path, document) == []


def test_a_pointer_leads_to_each_fault(tmp_path: Path) -> None:
    document = good()
    document["items"][1]["width"] = "wide"
    assert [finding.where for finding in judged(tmp_path, document)] == ["/items/1/width"]


def expanded(data: Path, path: Path) -> Json | None:
    """A recipe of the cookbook as its site serves it: the source holds two placeholders for addresses."""
    source = data / "iiif/cookbook-v3"
    folder = "https://iiif.io/api/cookbook/recipe/" + path.parent.relative_to(source).as_posix()
    text = path.read_text("utf-8").replace("{{ id.url }}", f"{folder}/{path.name}").replace("{{ id.path }}", folder)
    document = json.loads(text)
    return document if isinstance(document, dict) and "type" in document else None


def test_the_cookbook_is_accepted(data: Path, tmp_path: Path) -> None:
    judged_count, wrong = 0, {}
    for path in sorted((data / "iiif/cookbook-v3").rglob("*.json")):
        document = expanded(data, path)
        if document is None:
            continue
        judged_count += 1
        if found := faults(tmp_path, document):
            wrong[path.parent.name] = found
    assert judged_count > 100
    # Both ids end in a space; the template has no canvas.
    assert wrong == {"0000_template": ["H3D-524", "H3D-520"], "0229-behavior-ranges": ["H3D-524"]}


def test_strangers_manifests_are_judged_without_a_crash(data: Path) -> None:
    seen = 0
    for path in sorted((data / "iiif").rglob("*.json")):
        if "/schema/" in path.as_posix():
            continue
        try:
            findings = check(path)
            describe(path)
        except errors.IiifError:
            continue
        seen += 1
        assert all(finding.what and finding.where.startswith("/") for finding in findings)
    assert seen > 400


def test_broken_fixtures_are_refused(data: Path) -> None:
    for path in sorted((data / "iiif/schemas-and-fixtures/fixtures/3").glob("broken_*.json")):
        assert any(finding.severity == "error" for finding in check(path)), path.name


def test_another_version_is_said_and_not_judged(tmp_path: Path) -> None:
    document = {"@context": "http://iiif.io/api/presentation/2/context.json", "@type": "sc:Manifest"}
    assert [(finding.code, finding.severity) for finding in judged(tmp_path, document)] == [("H3D-533", "warning")]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": -Infinity}',
     '{"a": "\\ud800"}', '{"a": ' + "9" * 5_000 + "}", b"\xff\xfe{}", "\x00"],
)  # fmt: skip
def test_hostile_json_is_one_line(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.monotonic()
    with pytest.raises(errors.DocumentUnreadable) as raised:
        check(path)
    assert "\n" not in raised.value.line("en")
    assert time.monotonic() - began < 2


def test_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(errors.DocumentTooLarge):
        check(path)


def test_a_million_faults_are_cut_short(tmp_path: Path) -> None:
    document = good()
    document["metadata"] = [1] * 100_000
    assert len(judged(tmp_path, document)) <= 501


def test_formats_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for name, kind in (("IIIF manifest", "Manifest"), ("IIIF collection", "Collection")):
        path.write_text(json.dumps(good() | {"type": kind, "items": []}))
        found = kinds.recognise(path)
        assert found is not None
        assert found.name == name
        assert found.info(path)["type"] == kind
        assert found.captured_as is None


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    *("@context", "id", "type", "label", "metadata", "summary", "requiredStatement", "rights"),
    *("provider", "thumbnail", "navDate", "placeholderCanvas", "behavior", "homepage", "rendering", "service"),
    *("services", "seeAlso", "partOf", "start", "structures", "items", "annotations", "height"),
    *("width", "duration", "motivation", "body", "target"),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KEYS), ANYTHING, st.sampled_from(["manifest", "canvas", "page", "annotation", "body"]))
def test_wrong_types_anywhere_never_crash(tmp_path: Path, key: str, value: Any, level: str) -> None:
    document = copy.deepcopy(good())
    nodes: dict[str, Json] = {"manifest": document, "canvas": document["items"][0]}
    nodes |= {"page": nodes["canvas"]["items"][0], "annotation": first_annotation(document)}
    nodes["body"] = nodes["annotation"]["body"]
    nodes[level][key] = value
    try:
        judged(tmp_path, document)
    except UnicodeEncodeError:
        return
    except errors.DocumentUnreadable:
        return
