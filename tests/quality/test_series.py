"""A folder as a series: numbers in names, copies, captures unlike the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heritage3d.image.header import Header
from heritage3d.quality.fingerprint import Fingerprint, fingerprint
from heritage3d.quality.glance import Glance
from heritage3d.quality.sequence import sequence_findings
from heritage3d.quality.series import Capture, findings
from tests.quality.pages import blank, finished, page, turned

HEADER = Header("TIFF", 6000, 8000, 8, 3, "RGB", ppi=400.0)


@pytest.mark.parametrize(
    ("names", "missing", "repeated"),
    [
        (["0001", "0002", "0004", "0005"], "0003", ""),
        (["12r", "12v", "13r", "14r", "14v", "15r"], "13v", ""),
        (["1a", "1b", "2a", "3a", "3b"], "2b", ""),
        (["第一页", "第二页", "第三页", "第五页"], "4", ""),
        (["卷二-第九页", "卷二-第十页", "卷二-第十二页"], "11", ""),
        (["001 上", "001 下", "002 下", "003 上"], "002上", ""),
        (["p1", "p2", "p2 (2)", "p3"], "", "p2, p2 (2)"),
        (["第一页", "第二页", "第二页副本", "第三页"], "", "第二页, 第二页副本"),
        (["1r", "1v", "2r", "2v", "3r"], "", ""),
        (["2r", "2v", "3r"], "", ""),
        (["cover", "0001", "0002", "0003", "back"], "", ""),
        (["P81019-151014", "P81019-151015", "P81019-151253", "P81019-151300"], "", ""),
        (["scan1", "scan7"], "", ""),
        ([], "", ""),
    ],
)
def test_numbers_in_names(names: list[str], missing: str, repeated: str) -> None:
    found = {entry.name: entry.fields["pages"] for entry in sequence_findings(names)}
    assert found == {key: told for key, told in (("page_missing", missing), ("page_repeated", repeated)) if told}


def test_a_gap_in_the_counter_of_a_camera_is_a_warning_only() -> None:
    (found,) = sequence_findings(["IMG_0042", "IMG_0043", "IMG_0045", "IMG_0046"])
    assert (found.name, found.verdict) == ("page_missing", "warn")
    (found,) = sequence_findings(["ms5_042", "ms5_043", "ms5_045", "ms5_046"])
    assert found.verdict == "fail"


def seen(picture: np.ndarray) -> Fingerprint:
    glance = Glance(picture.shape[1], picture.shape[0], 3, 8)
    glance.add(picture)
    return fingerprint(glance.samples.thinned)


@pytest.fixture(scope="module")
def prints() -> dict[str, Fingerprint]:
    again = np.roll(turned(page(1), 0.4), (12, -18), (0, 1)) * 0.9
    pictures = {"1": page(1), "2": page(2), "3": page(3), "4": page(4), "again": again, "b1": blank(5), "b2": blank(6)}
    return {name: seen(finished(picture, 2, seed)) for seed, (name, picture) in enumerate(pictures.items())}


def captures(prints: dict[str, Fingerprint], *names: str) -> list[Capture]:
    return [Capture(f"{name}.tif", HEADER, "Adobe RGB (1998)", prints[name], 0.6) for name in names]


def test_a_page_shot_twice_is_found_and_blank_pages_are_not(prints: dict[str, Fingerprint]) -> None:
    held = captures(prints, "1", "2", "again", "3", "b1", "b2")
    found = {entry.name: (entry.verdict, entry.fields["pages"]) for entry in findings(held, [])}
    assert found == {"same_content": ("warn", "1.tif, again.tif"), "blank_pages": ("pass", "b1.tif, b2.tif")}


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"header": replace(HEADER, bits=16)}, "depth_differs", 16),
        ({"header": replace(HEADER, ppi=300.0)}, "ppi_differs", 300),
        ({"header": replace(HEADER, ppi=None)}, "ppi_differs", "–"),
        ({"header": replace(HEADER, format="JPEG")}, "format_differs", "JPEG"),
        ({"header": replace(HEADER, width=5400)}, "size_differs", "5400 × 8000"),
        ({"profile": "sRGB"}, "profile_differs", "sRGB"),
        ({"blur": 1.6}, "softer_than_series", None),
    ],
)
def test_what_differs_from_the_rest_is_named(
    prints: dict[str, Fingerprint], change: dict[str, object], name: str, value: object
) -> None:
    *rest, last = captures(prints, "1", "2", "3", "4", "b1")
    (found,) = findings([*rest, replace(last, **change)], [])
    assert (found.name, found.verdict, found.fields["file"]) == (name, "warn", "b1.tif")
    assert found.fields.get("value") == value


def test_a_series_of_two_halves_has_no_rule(prints: dict[str, Fingerprint]) -> None:
    held = captures(prints, "1", "2", "3", "4")
    mixed = [replace(entry, profile="sRGB") if at % 2 else entry for at, entry in enumerate(held)]
    assert findings(mixed, []) == []


def test_the_page_list_counts_where_there_is_one(tmp_path: Path) -> None:
    files = ["a.tif", "b.tif", "c.tif", "d.tif"]
    (tmp_path / "pages.csv").write_text("file,label\na.tif,1r\nb.tif,1v\nc.tif,2v\nd.tif,3r\n", "utf-8")
    (found,) = findings([], files, tmp_path / "pages.csv")
    assert (found.name, found.fields["pages"]) == ("page_missing", "2r")
    (tmp_path / "pages.csv").write_text("file\na.tif\ne.tif\n", "utf-8")
    told = [entry.fields["code"] for entry in findings([], files, tmp_path / "pages.csv")]
    assert told == ["H3D-270", "H3D-272", "H3D-272", "H3D-272"]
