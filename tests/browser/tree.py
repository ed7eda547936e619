"""Makes a small published tree: every page, model and label is generated, and looks like what it stands for."""

from __future__ import annotations

import functools
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from heritage3d.pipeline import addresses
from heritage3d.pipeline.stage import Artefact
from heritage3d.record.record import describe
from heritage3d.stages.exhibit import exhibit
from heritage3d.stages.manifest import manifest
from heritage3d.stages.tile import tile
from tests.browser import models
from tests.browser.chromium import FONTS

THOUSAND = (
    "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈"
    "剑号巨阙珠称夜光果珍李柰菜重芥姜海咸河淡鳞潜羽翔龙师火帝鸟官人皇始制文字乃服衣裳推位让国有虞陶唐"
)
TILE = 256

OBJECTS: list[dict[str, str]] = [
    {
        "id": "bamboo-07",
        "title@zh-Hans": "竹简《千字文》残册",
        "title@en": "Bamboo slips with the Thousand Character Text",
        "summary@zh-Hans": "五枚竹简，墨书，自右至左编连。",
        "summary@en": "Five slips written in ink, bound and read from right to left.",
        "kind@zh-Hans": "简牍",
        "kind@en": "Bamboo slips",
        "date@zh-Hans": "汉",
        "date@en": "Han dynasty",
        "material": "竹 bamboo",
        "ppi": "300",
        "viewing_direction": "right-to-left",
        "rights": "https://creativecommons.org/publicdomain/zero/1.0/",
    },
    {
        "id": "bone-0412",
        "title@zh-Hans": "刻辞卜骨",
        "title@en": "Oracle bone with incised signs",
        "kind@zh-Hans": "甲骨",
        "kind@en": "Oracle bone",
        "date@zh-Hans": "商",
        "date@en": "Shang dynasty",
        "holding@zh-Hans": "示例博物馆",
        "holding@en": "Sample Museum (https://museum.example/)",
        "unit": "mm",
        "width_mm": "120",
        "height_mm": "180",
        "depth_mm": "12",
    },
    {
        "id": "scroll-02",
        "title@zh-Hans": "江山长卷（局部）",
        "title@en": "Long scroll of rivers and mountains",
        "kind@zh-Hans": "手卷",
        "kind@en": "Handscroll (scroll)",
        "viewing_direction": "right-to-left",
        "ppi": "150",
        "rights": "© 示例图书馆 Sample Library",
    },
    {
        "id": "vase 罐-3",
        "title@zh-Hans": "旋纹陶罐",
        "title@en": "Jar with turned bands",
        "kind@zh-Hans": "陶器",
        "kind@en": "Pottery",
    },
    {
        "id": "volume-1923",
        "title@zh-Hans": "县署档案第十二册",
        "title@en": "County archive, volume 12",
        "title@fr": "Archives du comté <b>12</b>",
        "kind@zh-Hans": "档案 (archive)",
        "kind@en": "Archive volume",
        "shelfmark": "甲-12/1923 <script>alert(1)</script>",
    },
]


ANNOTATIONS: dict[str, list[dict[str, Any]]] = {
    "volume-1923": [
        {"page": "001r", "box": [40, 60, 120, 90], "point": None, "title": {"en": ["Seal"]},
         "text": {"en": ["Seal of the county office"], "zh-Hans": ["县署印"]}},
        {"page": "001r", "box": None, "point": None, "title": None, "text": {"none": ["<img src=x onerror=alert(1)>"]}},
    ],
    "bone-0412": [
        {"model": "models", "box": None, "point": [0.0, 0.09, 0.0], "title": None,
         "text": {"en": ["The first sign"], "zh-Hans": ["第一字"]}},
    ],
}  # fmt: skip


_FIRST, _SECOND = {"zh-Hans": ["卷一"], "en": ["Book one"]}, {"zh-Hans": ["卷二"], "en": ["Book two"]}
_PREFACE, _DIKES = {"zh-Hans": ["序"], "en": ["Preface"]}, {"zh-Hans": ["堤工"], "en": ["Dike works"]}
# Pages of the volume in sections and sections in these; the cover belongs to none.
SECTIONS: dict[str, list[dict[str, list[str]]]] = {
    "002v": [_FIRST, _PREFACE],
    "003r": [_FIRST, _PREFACE],
    "004v": [_FIRST, _DIKES],
    "005r": [_SECOND],
    "006v": [_SECOND],
}


def build(out: Path, base: str) -> None:
    """Write a whole published tree into an empty folder, bound to ``base``."""
    for row in OBJECTS:
        home = out / "objects" / row["id"]
        home.mkdir(parents=True)
        record = {**describe(row["id"], {key: value for key, value in row.items() if key != "id"}), "pages": []}
        record["annotations"] = ANNOTATIONS.get(row["id"], [])
        parts = [Artefact(home / place, kind, name, place) for kind, name, place in _fill(home, row["id"], record)]
        (home / "record.json").write_bytes(addresses.dump(record))
        with tempfile.TemporaryDirectory() as folder:
            manifest(home / "record.json", parts, Path(folder))
            shutil.copytree(folder, home, dirs_exist_ok=True)
        place = addresses.join(base, f"objects/{row['id']}")
        for document in home.glob("*.json"):
            if document.name in ("manifest.json", "scene.json"):
                _bind(document, place)
        for part in parts:
            if part.kind == "iiif/image":
                _bind(part.path / "info.json", addresses.join(place, part.address))
    with tempfile.TemporaryDirectory() as folder:
        exhibit(
            out,
            Path(folder),
            title="Sample collection",
            title_zh="示例馆藏",
            summary="Five objects from bone to paper, photographed and scanned.",
            summary_zh="从甲骨到纸本的五件藏品，经拍摄与三维扫描。",
        )
        shutil.copytree(folder, out, dirs_exist_ok=True)
    _bind(out / "collection.json", addresses.join(base, ""))


def _bind(path: Path, place: str) -> None:
    path.write_bytes(addresses.dump(addresses.rebind(addresses.load(path), addresses.HERE, place)))


def _fill(home: Path, identifier: str, record: dict[str, Any]) -> list[tuple[str, str, str]]:
    made: list[tuple[str, str, str]] = []
    for name, label, picture in _pages(identifier):
        _service(picture, home / "pages" / name)
        page = {"name": name, "label": label, "side": None, "width": picture.width, "height": picture.height}
        record["pages"].append(page | ({"sections": SECTIONS[name]} if name in SECTIONS else {}))
        made.append(("iiif/image", name, f"pages/{name}"))
    if identifier == "bone-0412":
        models.bone(home / "models")
        made.append(("gltf/lods", "models", "models"))
    if identifier.startswith("vase"):
        models.jar(home / "models")
        made.append(("gltf/lods", "models", "models"))
    return made


def _pages(identifier: str) -> list[tuple[str, dict[str, list[str]], Image.Image]]:
    if identifier == "bamboo-07":
        return [(f"{n:02}", {"zh-Hans": [f"第{n}简"], "en": [f"Slip {n}"]}, _slip(n)) for n in range(1, 6)]
    if identifier == "scroll-02":
        return [("scroll", {"zh-Hans": ["全卷"], "en": ["Whole scroll"]}, _landscape(5200, 700))]
    if identifier == "volume-1923":
        sides = [f"{n}{side}" for n in range(1, 4) for side in "rv"]
        return [(f"{at:03}{side[-1]}", {"none": [side]}, _leaf(at)) for at, side in enumerate(sides, 1)]
    if identifier == "bone-0412":
        return [("rubbing", {"zh-Hans": ["拓片"], "en": ["Rubbing"]}, _rubbing())]
    return []


def _service(picture: Image.Image, folder: Path) -> None:
    """The image service that the stage makes of a scan."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as place:
        picture.save(Path(place) / "scan.png", compress_level=1)
        tile(Path(place) / "scan.png", folder, size=TILE)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(next((FONTS / "600SemiBold").glob("*.ttf")), size)


def _ground(width: int, height: int, colour: tuple[int, int, int], seed: int) -> Image.Image:
    """Paper, bamboo or silk: a colour with clouds and fibres in it."""
    random.seed(seed)
    cloud = Image.new("L", (max(2, width // 90), max(2, height // 90)))
    cloud.putdata([random.randrange(90, 166) for _ in range(cloud.width * cloud.height)])
    cloud = cloud.resize((width, height), Image.Resampling.BICUBIC)
    light, dark = (tuple(min(255, int(part * share)) for part in colour) for share in (1.06, 0.88))
    base = Image.composite(Image.new("RGB", cloud.size, light), Image.new("RGB", cloud.size, dark), cloud)
    draw = ImageDraw.Draw(base)
    for _ in range(width * height // 9000):
        x, y = random.randrange(width), random.randrange(height)
        draw.line((x, y, x + random.randrange(-14, 14), y + random.randrange(-3, 3)), fill=dark, width=1)
    return base


def _column(draw: ImageDraw.ImageDraw, x: int, top: int, text: str, size: int, ink: tuple[int, int, int]) -> None:
    for at, sign in enumerate(text):
        draw.text((x, top + at * size * 1.16), sign, font=_font(size), fill=ink, anchor="mt")


def _slip(number: int) -> Image.Image:
    picture = _ground(190, 1500, (196, 158, 98), number)
    draw = ImageDraw.Draw(picture)
    for x in range(8, 190, 17):
        draw.line((x, 0, x + 3, 1500), fill=(176, 138, 82), width=1)
    for y in (120, 740, 1390):
        draw.rectangle((0, y, 190, y + 9), fill=(122, 88, 46))
    at = (number - 1) * 12
    _column(draw, 95, 170, THOUSAND[at : at + 12], 84, (38, 28, 20))
    return picture


def _leaf(number: int) -> Image.Image:
    picture = _ground(900, 1280, (232, 220, 192), 20 + number)
    draw = ImageDraw.Draw(picture)
    red = (168, 74, 58)
    draw.rectangle((70, 90, 830, 1190), outline=red, width=4)
    for column in range(8):
        x = 830 - column * 95
        draw.line((x, 90, x, 1190), fill=red, width=2)
        at = (number * 29 + column * 13) % 70
        _column(draw, x - 47, 118, THOUSAND[at : at + 13], 62, (44, 36, 32))
    return picture


def _rubbing() -> Image.Image:
    picture = _ground(800, 1100, (40, 37, 34), 77)
    draw = ImageDraw.Draw(picture)
    for column in range(4):
        _column(draw, 640 - column * 150, 140, THOUSAND[column * 8 : column * 8 + 8], 92, (214, 206, 190))
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def _landscape(width: int, height: int) -> Image.Image:
    picture = _ground(width, height, (214, 192, 148), 5)
    random.seed(9)
    for depth in range(6):
        peaks = [random.random() for _ in range(40)]
        ridge = []
        for x in range(0, width + 20, 20):
            along = x / width * 38
            at, rest = int(along), along % 1
            rise = peaks[at] * (1 - rest) + peaks[at + 1] * rest
            ridge.append((x, height * (0.28 + depth * 0.1) + (0.5 - rise) * height * 0.42 + random.random() * 6))
        shade = 168 - depth * 20
        layer = Image.new("L", (width, height), 0)
        ImageDraw.Draw(layer).polygon([*ridge, (width, height), (0, height)], fill=70 + depth * 12)
        picture.paste(Image.new("RGB", picture.size, (shade - 18, shade, shade - 12)), (0, 0), layer)
    draw = ImageDraw.Draw(picture)
    for column in range(5):
        _column(draw, width - 60 - column * 52, 50, THOUSAND[column * 7 : column * 7 + 7], 40, (34, 30, 26))
    draw.rectangle((width - 330, 380, width - 282, 428), fill=(164, 52, 36))
    return picture
