"""What a manifest says of a model's size and faithfulness, in words for people: metadata of its canvas."""

from __future__ import annotations

import math
from typing import Any

from heritage3d.iiif.parts import ModelFile, ModelPart

Entry = dict[str, dict[str, list[str]]]

SIZE = {"en": ["Size of the model"], "zh-Hans": ["模型尺寸"], "zh-Hant": ["模型尺寸"]}
UNKNOWN = {
    "en": ["Scale unknown: nobody recorded the unit of the scan"],
    "zh-Hans": ["比例未知：扫描时未记录单位"],
    "zh-Hant": ["比例未知：掃描時未記錄單位"],
}
DEVIATION = {
    "en": ["Greatest deviation from the scan"],
    "zh-Hans": ["与扫描的最大偏差"],
    "zh-Hant": ["與掃描的最大偏差"],
}
_OF_DIAGONAL = {
    "en": "{value} % of the diagonal (proved)",
    "zh-Hans": "对角线的 {value} %（已证明）",
    "zh-Hant": "對角線的 {value} %（已證明）",
}
_IN_MM = {"en": "{value} mm (proved)", "zh-Hans": "{value} mm（已证明）", "zh-Hant": "{value} mm（已證明）"}


def stated(part: ModelPart, shown: ModelFile) -> list[Entry]:
    """Metadata entries: the size in millimetres or that it is unknown, and the proved deviation of ``shown``."""
    size = {"none": [" × ".join(f"{value:.1f}" for value in part.extent_mm) + " mm"]} if part.extent_mm else UNKNOWN
    entries: list[Entry] = [{"label": SIZE, "value": size}]
    known = part.extent_mm is not None
    upper = _upper(shown.evidence, "deviation_mm" if known else "deviation_relative")
    if upper is not None:
        form, value = (_IN_MM, upper) if known else (_OF_DIAGONAL, upper * 100)
        told = {language: [text.format(value=f"≤ {_up(value)}")] for language, text in form.items()}
        entries.append({"label": DEVIATION, "value": told})
    return entries


def _upper(evidence: dict[str, Any], name: str) -> float | None:
    bounds = evidence.get(name)
    upper = bounds.get("upper") if isinstance(bounds, dict) else None
    return float(upper) if isinstance(upper, (int, float)) and math.isfinite(upper) and upper >= 0 else None


def _up(value: float) -> str:
    """Three digits, never below the bound."""
    if value == 0:
        return "0"
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return f"{math.ceil(value / step - 1e-9) * step:.3g}"
