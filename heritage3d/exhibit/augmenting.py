"""AR in a package: every model once more as USDZ at true size, named by the object's manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import heritage3d
from heritage3d.hall.holdings import UNKNOWN_LONGEST
from heritage3d.iiif import parts
from heritage3d.pipeline import addresses
from heritage3d.usdz import library, writing

MEDIA = "model/vnd.usdz+zip"
LABEL = {"en": ["For your own room (AR)"], "zh-Hans": ["放进您的房间（AR）"], "zh-Hant": ["放進您的房間（AR）"]}
MOST_BYTES = 8_000_000  # of one USDZ, on the safe side: what a split package sets aside
_TRIANGLES = 100_000  # what Apple names for one object in a room


def ready() -> None:
    """Raises UsdMissing before anything is written."""
    library.pxr()


def add(data: Path, home: str, base: str) -> int:
    """Write a USDZ for every model of an object (``home``: objects/<id>, below ``data``); how many there are now.

    Each is the finest level that a phone holds, true to its millimetres; where nobody knows the scale it is as large
    as a hand can hold. The canvas of the model in manifest.json names it. Raises PartUnreadable, UsdMissing.
    """
    folders = [path.parent for path in sorted((data / home / "models").rglob("evidence.json"))]
    if not folders:
        return 0
    path = data / home / "manifest.json"
    document = addresses.load(path)
    told = _told(addresses.load(data / home / "record.json"))
    for folder in folders:
        place = folder.relative_to(data / home).as_posix()
        part = parts.read_model(folder, folder.name, place)
        name = f"{Path(home).name}{'' if folder.name == 'models' else f'-{folder.name}'}.usdz"
        longest = None if part.extent_mm else UNKNOWN_LONGEST
        writing.write(data / home / _level(part).address, folder / name, told, longest_m=longest)
        _name(document, addresses.join(base, f"{home}/{place}"), addresses.join("", name).strip("/"))
    path.write_bytes(addresses.dump(document))
    return len(folders)


def _level(part: parts.ModelPart) -> parts.ModelFile:
    """The finest level of at most 100,000 triangles; the lightest where all have more."""
    counted = sorted(part.files, key=lambda file: int(file.evidence.get("triangles") or 0))
    fitting = [file for file in counted if int(file.evidence.get("triangles") or 0) <= _TRIANGLES]
    return fitting[-1] if fitting else counted[0]


def _told(record: dict[str, Any]) -> writing.Told:
    title = " · ".join(dict.fromkeys(texts[0] for texts in record["title"].values() if texts))
    holding: list[str] = next(iter((record.get("holding") or {}).values()), [])
    note = [*holding, str(record.get("rights") or ""), f"heritage3d {heritage3d.__version__}"]
    return writing.Told(title, " · ".join(filter(None, note)))


def _name(document: dict[str, Any], folder: str, file: str) -> None:
    """Add the file to the renderings of the canvas whose model is painted from that folder."""
    for canvas in document.get("items") or []:
        painted = [entry["body"] for page in canvas["items"] for entry in page["items"]]
        if any(str(body.get("id", "")).rpartition("/")[0] + "/" == folder for body in painted):
            entry = {"id": folder + file, "type": "Model", "label": LABEL, "format": MEDIA}
            canvas["rendering"] = [*canvas.get("rendering", []), entry]
