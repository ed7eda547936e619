"""Small published trees and packages, made in no time: what matters here is names, bytes and lists."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from heritage3d.trust import bagit

WORDS = "天地玄黄宇宙洪荒日月盈昃辰宿列张"


def tree(root: Path, objects: int = 3) -> Path:
    """A published tree of some objects with pages; every file differs."""
    chance = random.Random(7)
    for number in range(objects):
        home = root / "objects" / f"竹简 {number:03}"
        files = [
            "record.json",
            "thumbnail.jpg",
            *(f"pages/p{page}/0,0,512,512/512,/0/default.jpg" for page in range(2)),
        ]
        for name in files:
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(WORDS.encode() * 3 + chance.randbytes(400) if name[-4:] == ".jpg" else b'{"id": 1}\n')
    listed = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    lines = (f"{hashlib.sha256((root / name).read_bytes()).hexdigest()}  {name}\n" for name in listed)
    (root / "checksums.txt").write_text("".join(lines), "utf-8")
    return root


def bag(root: Path) -> Path:
    """A package of such a tree."""
    tree(root / "data")
    (root / "READ ME.txt").write_text("open.html", "utf-8")
    bagit.finish(root, {"Source-Organization": "示例馆藏", "External-Identifier": "sample"})
    return root
