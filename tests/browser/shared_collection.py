"""A collection of real things, made and visited: ``python -m tests.browser.shared_collection FOLDER [--viewers]``.

Manuscript pages, a leaf in two overlapping parts, photographs of oracle bones, a museum's GLB and a bare OBJ from the
public data beside the checkout; ``heritage3d run exhibition`` publishes them into FOLDER/published. Then its rooms are
visited at the root of a host, below a path and from an offline package by file://, in three languages, and with
``--viewers`` its manifests, services and models are opened in the viewers of other people. Prints what was opened.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser import chromium, tour, visit_tree
from tests.conftest import DATA

SHEET = """\
id,title@zh-Hans,title@zh-Hant,title@en,kind@zh-Hans,kind@en,ppi,unit,rights,viewing_direction,出处@zh-Hans,出处@en
label@en,,,,,,,,,,Source,
label@zh-Hant,,,,,,,,,,出處,
pelerinage,《朝圣》写本二叶,《朝聖》寫本二葉,Two leaves of a Pèlerinage,写本,Manuscript,300,,CC BY 4.0,,\
宾夕法尼亚大学 660,University of Pennsylvania 660
leaf,分两段拍摄的一叶,分兩段拍攝的一葉,A leaf photographed in two parts,手卷,Scroll,150,,CC BY 4.0,,同上,The same
oracle-bones,甲骨三片,甲骨三片,Three oracle bones,甲骨,Oracle bones,,,CC0,right-to-left,\
大都会艺术博物馆,The Met and the Smithsonian
astronaut,宇航员,太空人,An astronaut,模型,Model,,,CC BY 4.0,,模型库,A library of models
skull,头骨,頭骨,A skull,标本,Specimen,,,CC BY 3.0,,,
"""
PAGES = """\
file,label@zh-Hans,label@en,side,section@zh-Hans,section@en
0.jpg,第一叶,Leaf 1,recto,卷一/序,Book one/Prologue
6.jpg,第二叶,Leaf 2,recto,卷一/梦,Book one/The dream
"""
ANNOTATIONS = """\
file,x,y,width,height,text@en,text@zh-Hans
pages/1.jpg,900,700,500,600,Cracks made by heat,灼裂之纹
"""


def captures(data: Path, folder: Path) -> Path:
    """A captures folder of five objects from the public data at ``data``."""
    pages = data / "pages" / "pelerinage" / "pennsylvania_660-pelerinageMademoiselleSapience"
    copies = {
        "pelerinage/pages/0.jpg": pages / "0_36c2c_default.jpg",
        "pelerinage/pages/6.jpg": pages / "6_22ffb_default.jpg",
        "astronaut/mesh/astronaut.glb": data / "scans/smithsonian-smk-glb/assets/astronaut/astronaut.glb",
        "skull/mesh/skull.obj": data / "scans/nefertiti-skull/skull/skull_low_resolution.obj",
    }
    for number, photograph in enumerate(sorted((data / "photos" / "oracle-bones").glob("*.jpg")), start=1):
        copies[f"oracle-bones/pages/{number}.jpg"] = photograph
    for place, source in copies.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / place)
    with Image.open(pages / "6_22ffb_default.jpg") as whole:
        leaf = whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.LANCZOS)
    (folder / "leaf/parts").mkdir(parents=True)
    for name, left, right in (("1.png", 0, 0.62), ("2.png", 0.38, 1)):
        leaf.crop((int(left * leaf.width), 0, int(right * leaf.width), leaf.height)).save(folder / "leaf/parts" / name)
    (folder / "objects.csv").write_text(SHEET, "utf-8")
    (folder / "pelerinage/pages.csv").write_text(PAGES, "utf-8")
    (folder / "oracle-bones/annotations.csv").write_text(ANNOTATIONS, "utf-8")
    return folder


def published(data: Path, folder: Path) -> Path:
    """The same, published by the command; made once for each folder."""
    out = folder / "published"
    if not (folder / "captures").is_dir():
        captures(data, folder / "captures")
    command = [sys.executable, "-m", "tests.command", "run", "exhibition", str(folder / "captures"), "--out", str(out)]
    subprocess.run(command, check=True)
    return out


def main() -> int:
    """Make it, visit it, say what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--viewers", action="store_true", help="also in the viewers of other people")
    asked = parser.parse_args()
    tree = published(DATA, asked.folder)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = chromium.start(playwright)
        report: tour.Report = visit_tree.visited(tree, browser, Path(folder), own=not asked.viewers)
        browser.close()
    print(report)
    print("\n".join(report.bad))
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
