"""The sheets of the sample captures: what a museum would write about these four objects."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

HOLDING = {"holding@zh-Hans": "heritage3d 示例馆", "holding@en": "heritage3d sample collection"}
RIGHTS = {"rights": "CC0 1.0"}

ORACLE_BONE = {
    "id": "oracle-bone",
    "title@zh-Hans": "刻辞龟腹甲残片（示例）", "title@en": "Inscribed fragment of a turtle plastron (sample)",
    "kind@zh-Hans": "甲骨", "kind@en": "Oracle bone",
    "date@zh-Hans": "仿商代晚期", "date@en": "In the manner of the late Shang",
    "material@zh-Hans": "龟甲", "material@en": "Turtle shell",
    "unit": "mm", "up": "y", "width_mm": "79", "height_mm": "61", "depth_mm": "9",
    "summary@zh-Hans": "程序生成的龟腹甲残片：正面刻有五行仿甲骨文字与卜兆，背面有钻凿与灼痕。字形为本项目自绘。",
    "summary@en": "A generated plastron fragment: five columns of signs and heat cracks on the front, hollows and scorch "
    "marks behind. The signs were drawn for this project.",
    "馆藏号@zh-Hans": "示例甲 1", "馆藏号@en": "Sample A 1",
    "刻辞@zh-Hans": "癸子卜贞／旬亡火今日／王田不雨大木／五月三牛羊／山水人",
    "刻辞@en": "Signs for days, divination, rain, hunt, sacrifice; not a text",
}  # fmt: skip
BAMBOO_SLIPS = {
    "id": "bamboo-slips",
    "title@zh-Hans": "修堤记事简册（示例）", "title@en": "Bamboo slips on the repair of a dike (sample)",
    "kind@zh-Hans": "简牍", "kind@en": "Bamboo slips",
    "date@zh-Hans": "仿汉代", "date@en": "In the manner of the Han",
    "material@zh-Hans": "竹、墨、麻绳", "material@en": "Bamboo, ink, hemp cord",
    "unit": "mm", "up": "y", "width_mm": "63", "height_mm": "234", "depth_mm": "20", "ppi": "600",
    "viewing_direction": "right-to-left",
    "summary@zh-Hans": "程序生成的六枚竹简，三道编绳，第六简下端残断。每简一幅扫描（600 ppi），另有编连简册的三维模型。",
    "summary@en": "Six generated slips held by three cords, the sixth broken at its lower end: a scan of each at 600 ppi "
    "and a mesh of the bundle.",
    "馆藏号@zh-Hans": "示例简 1–6", "馆藏号@en": "Sample B 1–6",
    "书体@zh-Hans": "隶意", "书体@en": "After the clerical script",
}  # fmt: skip
LONG_SCROLL = {
    "id": "long-scroll",
    "title@zh-Hans": "山水清音图卷（示例）", "title@en": "Clear Sounds of Mountains and Water, a handscroll (sample)",
    "kind@zh-Hans": "手卷", "kind@en": "Handscroll",
    "date@zh-Hans": "甲辰三月", "date@en": "Third month of a jiachen year",
    "material@zh-Hans": "绢本设色", "material@en": "Ink and colours on silk",
    "height_mm": "280", "width_mm": "1554", "ppi": "200",
    "viewing_direction": "right-to-left",
    "summary@zh-Hans": "程序生成的手卷：引首、画心、拖尾与印章。分四段拍摄，相邻两段重叠约百分之十五，曝光与角度略有差别。",
    "summary@en": "A generated handscroll with title, painting, colophon and seals, photographed in four parts that "
    "overlap by 15 per cent and differ a little in exposure and angle.",
    "馆藏号@zh-Hans": "示例画 1", "馆藏号@en": "Sample C 1",
    "印章@zh-Hans": "竹石居士、竹石、清音、清心、山水之友、西山清光、福", "印章@en": "Seven seals of invented owners",
}  # fmt: skip
ARCHIVE_VOLUME = {
    "id": "archive-volume",
    "title@zh-Hans": "青石县水利工程日记 第一册（示例）", "title@en": "Diary of the Qingshi dike works, volume 1 (sample)",
    "kind@zh-Hans": "档案", "kind@en": "Archive volume",
    "date@zh-Hans": "甲辰二月至五月", "date@en": "Second to fifth month of a jiachen year",
    "material@zh-Hans": "纸、墨、朱印", "material@en": "Paper, ink, cinnabar seals",
    "width_mm": "138", "height_mm": "198", "depth_mm": "4", "ppi": "300",
    "viewing_direction": "right-to-left",
    "summary@zh-Hans": "程序生成的线装册，五叶十面：封面、题记、序、五面工程日记、结算、封底。附色卡拍摄一幅。地名人名均为虚构。",
    "summary@en": "A generated thread-bound volume of five leaves: cover, shelf mark, preface, five pages of a register, "
    "sum, back; with a shot of a colour target. Places and persons are invented.",
    "全宗号@zh-Hans": "天字第十二", "全宗号@en": "Tian 12",
    "装帧@zh-Hans": "线装", "装帧@en": "Thread-bound",
}  # fmt: skip
# What the museum's own columns are called in the other languages.
LABELS = {
    "馆藏号": {"en": "Accession number", "zh-Hant": "館藏號"},
    "刻辞": {"en": "Inscription", "zh-Hant": "刻辭"},
    "书体": {"en": "Script", "zh-Hant": "書體"},
    "印章": {"en": "Seals", "zh-Hant": "印章"},
    "全宗号": {"en": "Shelf mark", "zh-Hant": "全宗號"},
    "装帧": {"en": "Binding", "zh-Hant": "裝幀"},
}
OBJECTS = (ORACLE_BONE, BAMBOO_SLIPS, LONG_SCROLL, ARCHIVE_VOLUME)

PHOTOGRAPHED_BONE = {
    **{name: text for name, text in ORACLE_BONE.items() if name not in {"unit", "up", "summary@zh-Hans", "summary@en"}},
    "title@zh-Hans": "刻辞龟腹甲残片，摄影测量（示例）",
    "title@en": "Inscribed fragment of a turtle plastron, from photographs (sample)",
    "summary@zh-Hans": "围绕同一片龟甲的三十幅渲染照片，桌面上有编码标志；相机位置与表面均有精确真值。",
    "summary@en": "Thirty rendered photographs around the same bone with coded markers on the table; cameras and surface "
    "are known exactly.",
}


def write(path: Path, objects: Sequence[dict[str, str]]) -> None:
    """Write the sheet as spreadsheets do: UTF-8 with a byte order mark, comma, CRLF."""
    rows = [{**described, **HOLDING, **RIGHTS} for described in objects]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    named = [
        {"id": f"label@{tag}"} | {f"{own}@en": names[tag] for own, names in LABELS.items() if f"{own}@en" in columns}
        for tag in ("en", "zh-Hant")
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(named + rows)
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
