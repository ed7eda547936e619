"""The site of a collection of 100,000 objects: seconds, peak memory, files (`python -m tests.benchmarks.collection`).

Each object is described as the sheets of museums do it: titles and a summary in Chinese and English.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from heritage3d.exhibit import site
from heritage3d.record.record import LABELS

SIGNS = "甲骨簡牘竹木帛書畫卷冊陶瓷青銅玉石錢幣印章漆器織繡金銀佛像碑帖拓片地圖檔案殘片壺尊鼎爵觚罐瓶盤碗盞燈鏡劍戈矛"
WORDS = (
    "bronze vessel with dragon pattern found near the river tomb of a general Han Tang Song slip fragment ink".split()  # noqa: SIM905
)
KINDS = [
    ("甲骨", "Oracle bone"),
    ("竹简", "Bamboo slip"),
    ("档案", "Archive"),
    ("陶器", "Pottery"),
    ("青铜器", "Bronze"),
]


def _manifest(number: int, chance: random.Random) -> bytes:
    kind, kind_en = KINDS[number % len(KINDS)]
    title, title_en = "".join(chance.choices(SIGNS, k=8)), " ".join(chance.choices(WORDS, k=5))
    summary, summary_en = "".join(chance.choices(SIGNS, k=60)), " ".join(chance.choices(WORDS, k=30))
    image = {"type": "Canvas", "items": [{"items": [{"motivation": "painting", "body": {"type": "Image"}}]}]}
    document = {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "id": f"http://127.0.0.1:8000/objects/m{number:06}/manifest.json",
        "type": "Manifest",
        "label": {"zh-Hans": [title], "en": [title_en]},
        "summary": {"zh-Hans": [summary], "en": [summary_en]},
        "metadata": [{"label": LABELS["kind"], "value": {"zh-Hans": [kind], "en": [kind_en]}}],
        "thumbnail": [{"id": "http://127.0.0.1:8000/t.jpg", "type": "Image", "width": 300, "height": 400}],
        "items": [image, image],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def fill(root: Path, objects: int) -> None:
    """Write so many manifests below ``root``/objects."""
    chance = random.Random(7)
    for number in range(objects):
        folder = root / "objects" / f"m{number:06}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_bytes(_manifest(number, chance))


def main() -> None:
    """Fill a folder, write its site, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="where to leave the tree, to open it in a browser")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = told.keep or Path(temporary)
        if not (root / "objects").is_dir():
            fill(root, told.objects)
        dest = root / "site"
        dest.mkdir()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        counts = site.write(root, dest, title={"en": ["Benchmark"]})
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        files = [path for path in dest.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        first = sum((dest / name).stat().st_size for name in ("search.json", "index.html"))
        print(f"{counts[0]:,} objects: {seconds:.1f} s, {peak / 1024:.0f} MB at most ({before / 1024:.0f} before)")
        print(f"{len(files):,} files of {size / 1e6:.0f} MB; search.json and index.html have {first / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
