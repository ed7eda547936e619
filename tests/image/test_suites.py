"""The public image suites: everything is decoded right or refused with a code; nothing crashes, hangs or lies."""

from __future__ import annotations

import collections
from pathlib import Path

import pytest

from tests.image import suites

#: At least so many files are decoded and equal a second decoder, of all files up to 300 kB.
FLOORS = {
    "tiff-suite": 179,
    "libtiff": 26,
    "image-server-suite": 100,
    "tiff-hostile": 1,
    "jp2-valid-invalid": 17,
    "exif-orientation": 40,
}


@pytest.mark.parametrize("suite", FLOORS)
def test_every_file_is_decoded_right_or_refused(suite: str, data: Path) -> None:
    # A loaded machine is no hang: the limit here is generous, the table holds every file to ten seconds.
    # Larger files take minutes in the second decoder; the table of suites.py judges them too.
    outcomes = list(suites.run(data / "images", (suite,), most_bytes=300_000, patience=60))
    bad = [outcome for outcome in outcomes if outcome.verdict in ("wrong", "crash", "hang", "alone")]
    assert not bad
    assert all(outcome.detail.startswith("H3D-") for outcome in outcomes if outcome.verdict == "refused")
    assert collections.Counter(outcome.verdict for outcome in outcomes)["right"] >= FLOORS[suite]


def test_all_orientations_of_a_picture_look_alike(data: Path) -> None:
    import numpy as np

    from tests.image.pictures import read

    for kind in ("landscape", "portrait"):
        files = sorted((data / "images" / "exif-orientation").rglob(f"*{kind}_[1-8].jpg"))
        assert len(files) == 8
        first = read(files[0])
        for path in files[1:]:
            other = read(path)
            assert other.shape == first.shape
            assert np.abs(other - first).mean() < 0.03, path.name
