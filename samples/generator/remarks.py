"""What a curator says of places on the samples: ``annotations.csv`` beside the captures."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("file", "x", "y", "z", "width", "height", "title@zh-Hans", "title@en", "text@zh-Hans", "text@en")


@dataclass(frozen=True)
class Remark:
    """A title and a text, Chinese and English, and the place: a box in pixels of the full size, or a point in mm."""

    file: str
    title: tuple[str, str]
    text: tuple[str, str]
    box: tuple[int, int, int, int] | None = None
    point: tuple[float, float, float] | None = None


VOLUME = (
    Remark(
        "0001.jpg", ("题签", "Title slip"),
        ("题签作“青石縣水利工程日記　第一冊”，双栏，贴于书衣左上。",
         "The pasted slip reads “Diary of the Qingshi dike works, volume 1”, within a double rule."),
        (188, 203, 316, 1672),
    ),
    Remark(
        "0002.jpg", ("归档之章", "Seal of the archive"),
        ("白文方印“檔案之章”，归档时所钤。", "“Seal of the archive”, white on red: stamped when the volume was filed."),
        (1098, 1608, 264, 272),
    ),
    Remark(
        "0003.jpg", ("县印压字", "A seal over the writing"),
        ("朱文方印“青石縣印”钤于末行之上，可知先书后印。",
         "The county's seal lies over the last lines: it was stamped after they had been written."),
        (256, 1460, 316, 340),
    ),
    Remark(
        "0009.jpg", ("水利局印", "Seal of the water office"),
        ("核算既毕，水利局与校者各钤一印。", "When the sum had been checked, the office and the checker stamped it."),
        (560, 990, 330, 336),
    ),
)  # fmt: skip
SLIPS = (
    Remark(
        "slip-06.tif", ("下端残断", "The broken end"),
        ("第六简下端残断，末二字不存。", "The sixth slip is broken at its lower end; what followed is lost."),
    ),
)  # fmt: skip


def write(path: Path, remarks: Sequence[Remark], scale: float = 1.0) -> None:
    """Write the remarks as spreadsheets do; boxes shrink with the scans."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for remark in remarks:
        x, y, width, height = (round(value * scale) for value in remark.box) if remark.box else ("",) * 4
        place = (*remark.point, "", "") if remark.point else (x, y, "", width, height)
        writer.writerow((remark.file, *place, *remark.title, *remark.text))
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
