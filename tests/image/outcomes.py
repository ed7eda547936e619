"""The table of outcomes in the guide: every file of the public suites, counted by what became of it.

    python -m tests.image.outcomes ../shared/data/images

runs the suites and writes the tables between the marks of docs/guide/{en,zh}/formats.md.
"""

# ruff: noqa: E501  rows of a table

from __future__ import annotations

import collections
import sys
from pathlib import Path

from tests.image.suites import SUITES, Outcome, run

PUBLIC = {
    "tiff-suite": "image-rs/image-tiff (with libtiffpic)",
    "libtiff": "libtiff, `test/images` and `test/refs`",
    "image-server-suite": "Cantaloupe, `src/test/resources/images`",
    "tiff-hostile": "image-rs/image-tiff, `tests/fuzz_images`",
    "jp2-valid-invalid": "openpreserve/jpylyzer-test-files",
    "exif-orientation": "ianare/exif-samples",
    "iiif-validator-reference": "IIIF/image-validator, reference picture",
}
#: What the refusals are about: the beginning of code and detail, in English and in Chinese.
REASONS = (
    ("H3D-311", "cut off, or tags that lead beyond the end of the file", "文件不完整，或标签指向文件末尾之外"),
    ("H3D-310", "contradicts itself (sizes, counts, rings of pages)", "内容自相矛盾（尺寸、数量、页面成环）"),
    ("H3D-314", "empty", "空文件"),
    ("H3D-312", "no picture at all (text, PostScript, EXIF blocks)", "根本不是图像（文本、PostScript、EXIF 数据块）"),
    ("H3D-324", "a format that is not read (GIF, BMP, PDF, HEIC, films, Netpbm …)", "不读取的格式（GIF、BMP、PDF、HEIC、影片、Netpbm 等）"),
    ("H3D-321", "several pages in one file", "一个文件含有多页"),
    ("H3D-322", "measurements: signed, or floating point beyond 0 to 1", "测量值：有符号数，或超出 0 到 1 的浮点数"),
    ("H3D-325", "colours that nobody tells (bare codestreams of cinema and broadcast)", "没有说明颜色（影院、广播用的裸码流）"),
    ("H3D-316", "a profile for another kind of picture", "颜色配置文件与图像类型不符"),
    ("H3D-315", "a variant that is not read (SGILog, JPX without a known colour box …)", "不支持的变体（SGILog、没有已知颜色盒的 JPX 等）"),
    ("H3D-313", "more pixels than the limit", "像素数超过上限"),
    ("H3D-320", "a raw file that is broken or of an unknown camera", "损坏的 RAW 文件，或未知相机"),
)  # fmt: skip
HEADS = {
    "en": ("suite", "files", "right", "refused", "wrong", "crashed or hung", "refused as", "files"),
    "zh": ("测试集", "文件", "正确", "拒绝", "错误", "崩溃或挂起", "拒绝的原因", "文件"),
}


def tables(outcomes: list[Outcome], language: str) -> str:
    """Both tables in Markdown; a file without a second decoder stands under neither right nor wrong."""
    head = HEADS[language]
    lines = ["| " + " | ".join(head[:6]) + " |", "|---|---|---|---|---|---|"]
    for suite in SUITES:
        found = collections.Counter(outcome.verdict for outcome in outcomes if outcome.suite == suite)
        cells = (found.total(), found["right"], found["refused"], found["wrong"], found["crash"] + found["hang"])
        lines.append(f"| {PUBLIC[suite]} | " + " | ".join(map(str, cells)) + " |")
    codes = collections.Counter(outcome.detail[:7] for outcome in outcomes if outcome.verdict == "refused")
    lines += ["", f"| {head[6]} | {head[7]} |", "|---|---|"]
    for code, english, chinese in REASONS:
        if codes[code]:
            lines.append(f"| {code} {english if language == 'en' else chinese} | {codes.pop(code)} |")
    assert not +codes, f"no words for {sorted(+codes)}"
    return "\n".join(lines)


def main() -> None:
    """Run the suites and write the tables into the guide."""
    outcomes = list(run(Path(sys.argv[1])))
    alone = [outcome.file for outcome in outcomes if outcome.verdict == "alone"]
    assert not alone, f"no second decoder for {alone}"
    for language in HEADS:
        put("formats.md", language, "outcomes", tables(outcomes, language))
    print(tables(outcomes, "en"))


def put(page: str, language: str, mark: str, text: str) -> None:
    """Write a table between its marks in a page of the guide."""
    path = Path(__file__).resolve().parents[2] / "docs" / "guide" / language / page
    before, start, rest = path.read_text("utf-8").partition(f"<!-- {mark} -->\n")
    _old, end, after = rest.partition(f"<!-- end of {mark} -->")
    assert start, f"{page} has no place for {mark}"
    assert end, f"{page} has no end of {mark}"
    path.write_text(f"{before}{start}{text}\n{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
