"""What stands on the pages of the archive volume: ink on white, to be laid on paper later. The text is our own."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import cv2
import numpy as np

from . import noise
from .noise import Field
from .picture import Colour, Pixels, lay
from .writing import CINNABAR, INK, Hand, column, stamp

PPI = 300
PAGE_MM = (138.0, 198.0)
FRAME_MM = (14.0, 20.0, 124.0, 182.0)  # left, top, right, bottom of the ruled frame
COLUMNS = 10
RED_LINE: Colour = (176, 62, 48)

TITLE = "青石縣水利工程日記"
PREFACE = (
    "序",
    "歲次甲辰 春水方生 縣中舊有石堤",
    "一道 起自北津 止於南橋 長四百",
    "二十丈 所以衛田廬而利灌溉也",
    "年久失修 去秋霖雨 堤腳多陷",
    "今集眾議 分為天地玄黃四段 逐",
    "段興修 凡物料之出入 人工之多",
    "寡 晴雨之日時 皆逐日登記 以備",
    "稽考 後之覽者 庶有徵焉",
    "甲辰二月望日 經理人識",
)
HEADS = ("日期", "天氣", "工程事項", "人工", "石料", "備考")
ROWS = (0.0, 0.115, 0.20, 0.60, 0.735, 0.87, 1.0)  # borders of the cells of a column, as shares of the frame
WORKS = (
    "天字段北岸取土", "天字段下石固脚", "地字段夯土三尺", "玄字段下石", "以舟取沙西山下", "大雨停工",
    "黄字段植柳百株", "修水口石工", "木工作小屋二", "巡堤一周", "地字段加土", "取石西山", "玄字段夯土", "南岸下木石",
)  # fmt: skip
SKIES = ("晴", "晴", "晴", "微雨", "雨", "晴")
MONTHS = ("二月", "二月", "三月", "三月", "四月")
NUMERALS = "〇一二三四五六七八九十"


def numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else NUMERALS[tens] + "十") + (NUMERALS[ones] if ones else "")


def _day(number: int) -> str:
    return "初" + numeral(number) if number <= 10 else numeral(number)


def blank(px: float) -> Pixels:
    """A white page."""
    return np.full((int(PAGE_MM[1] * px), int(PAGE_MM[0] * px), 3), 255, np.uint8)


def line(
    page: Pixels,
    rng: np.random.Generator,
    start_mm: tuple[float, float],
    end_mm: tuple[float, float],
    width_mm: float,
    px: float,
) -> None:
    """A printed line, upright or level, unevenly inked."""
    wide = max(width_mm * px, 1.0)
    x0, y0, x1, y1 = (round(value * px) for value in (*start_mm, *end_mm))
    height, width = max(y1 - y0, round(wide)), max(x1 - x0, round(wide))
    worn = np.clip(0.78 + 0.16 * noise.clouds(rng, height, width, 5 * px, 3), 0.3, 1)
    lay(page, worn.astype(np.float32), RED_LINE, x0, y0)


def ruled(page: Pixels, rng: np.random.Generator, px: float, rows: tuple[float, ...] = (0.0, 1.0)) -> list[float]:
    """The red frame with its columns; returns the middle x in mm of the columns, the right one first."""
    left, top, right, bottom = FRAME_MM
    for by, wide in ((0.0, 0.7), (1.6, 0.25)):  # a thick line outside, a thin one inside
        for x in (left - by, right + by - (0.3 if by else 0)) if by == 0 else (left + by, right - by):
            line(page, rng, (x, top), (x, bottom), wide, px)
        for y in (top + by, bottom - by):
            line(page, rng, (left, y), (right, y), wide, px)
    pitch = (right - left - 3.2) / COLUMNS
    for number in range(1, COLUMNS):
        x = left + 1.6 + number * pitch
        line(page, rng, (x, top + 1.6), (x, bottom - 1.6), 0.22, px)
    for share in rows[1:-1]:
        y = top + 1.6 + share * (bottom - top - 3.2)
        line(page, rng, (left + 1.6, y), (right - 1.6, y), 0.22, px)
    return [right - 1.6 - (number + 0.5) * pitch for number in range(COLUMNS)]


def _printed(size_mm: float, px: float, pitch: float = 1.12, bold: bool = False, colour: Colour = INK) -> Hand:
    face = "print-bold" if bold else "print"
    return Hand(face, int(size_mm * px), size_mm * pitch * px, 0.0, colour=colour, strength=0.9, printed=True)


def _written(size_mm: float, px: float, pitch: float = 1.02) -> Hand:
    return Hand("brush", int(size_mm * px), size_mm * pitch * px, 0.035, strength=0.93)


def preface(page: Pixels, rng: np.random.Generator, px: float) -> None:
    """The printed preface, one line a column."""
    top = FRAME_MM[1] + 6
    for x, text in zip(ruled(page, rng, px), PREFACE, strict=True):
        lead = text == "序"
        column(page, rng, text, _printed(9.0 if lead else 8.4, px, 1.22, bold=lead), x * px, top * px)
    stamp(page, rng, "青石縣印", int(24 * px), int(16 * px), int(118 * px))


def register(number: int) -> Callable[[Pixels, np.random.Generator, float], None]:
    """A page of the daily register: nine days in a printed form, filled in by brush."""

    def draw(page: Pixels, rng: np.random.Generator, px: float) -> None:
        xs = ruled(page, rng, px, ROWS)
        top, bottom = FRAME_MM[1] + 1.6, FRAME_MM[3] - 1.6
        cells = [(top + a * (bottom - top), top + b * (bottom - top)) for a, b in itertools.pairwise(ROWS)]
        for head, (upper, lower) in zip(HEADS, cells, strict=True):
            size = 5.6
            long = len(head) * size * 1.12
            column(
                page,
                rng,
                head,
                _printed(size, px, bold=True, colour=RED_LINE),
                xs[0] * px,
                ((upper + lower - long) / 2) * px,
            )
        column(page, rng, MONTHS[number], _written(5.2, px), FRAME_MM[2] * px + 4 * px, 32 * px)
        for row, x in enumerate(xs[1:]):
            day = 1 + row + 9 * (number % 2)
            _entry(page, rng, px, x, cells, day)
        if number % 2:
            stamp(page, rng, "青石縣印", int(24 * px), int(rng.uniform(30, 80) * px), int(rng.uniform(40, 130) * px))
        stamp(page, rng, "校", int(7 * px), int(17 * px), int(172 * px))

    return draw


def _entry(
    page: Pixels, rng: np.random.Generator, px: float, x: float, cells: list[tuple[float, float]], day: int
) -> None:
    work = str(rng.choice(WORKS))
    rain = "雨" in work
    sky = "大雨" if rain else str(rng.choice(SKIES))
    men = "" if rain else numeral(int(rng.integers(12, 60)))
    stone = numeral(int(rng.integers(3, 40))) + "方" if "石" in work else ""
    note = str(rng.choice(["", "", "完", "未完"]))
    for text, (upper, lower), size in zip(
        (_day(day), sky, work, men, stone, note), cells, (5.6, 6.0, 7.4, 5.4, 5.2, 5.6), strict=True
    ):
        if text:
            fitted = min(size, (lower - upper - 1.5) / len(text) / 1.02)
            column(page, rng, text, _written(fitted, px), (x + rng.normal(0, 0.3)) * px, (upper + 1.2) * px)
    if men and rng.random() < 0.6:  # the checker's red ring
        ring = np.zeros((int(6 * px), int(6 * px)), np.uint8)
        middle = ring.shape[0] // 2
        axes = (int(2.1 * px * rng.uniform(0.9, 1.1)), int(2.0 * px))
        cv2.ellipse(ring, (middle, middle), axes, rng.uniform(0, 90), 15, 345, 210, max(int(0.45 * px), 1), cv2.LINE_AA)
        cover: Field = ring.astype(np.float32) / 255
        lay(page, cover, CINNABAR, int(x * px) - middle, int((cells[2][0] - 3.2) * px))


def inside_cover(page: Pixels, rng: np.random.Generator, px: float) -> None:
    """The shelf mark and the stamp of the archive."""
    column(page, rng, "天字第十二", _written(9.5, px), 96 * px, 30 * px)
    column(page, rng, "青石縣檔案室藏", _printed(7, px, 1.3), 40 * px, 70 * px)
    stamp(page, rng, "檔案之章", int(20 * px), int(86 * px), int(130 * px), carved="white")
    stamp(page, rng, "藏", int(12 * px), int(34 * px), int(140 * px))


def closing(page: Pixels, rng: np.random.Generator, px: float) -> None:
    """The sum of the work and the signature."""
    xs = ruled(page, rng, px)
    texts = (
        "以上天地玄黄四段 共用工九百六十",
        "石四百二十方 土二千方",
        "五月朔日工完",
        "",
        "",
        "水利局",
        "",
        "校者王木",
    )
    for x, text in zip(xs[1:], texts, strict=False):
        column(page, rng, text, _written(8.4, px, 1.1), x * px, (FRAME_MM[1] + 7) * px)
    stamp(page, rng, "水利局印", int(24 * px), int((xs[6] - 12) * px), int(78 * px))
    stamp(page, rng, "王木", int(11 * px), int((xs[8] - 5.5) * px), int(86 * px), carved="white")


def back_cover(page: Pixels, rng: np.random.Generator, px: float) -> None:
    """Nothing but a mark of the shelf."""
    column(page, rng, "天十二", _written(7, px), 24 * px, 160 * px)
