"""Write the IIIF Presentation 3 manifest of one object: its pages and its models as canvases.

Plain dicts in the order of the specification (Presentation API 3.0, 3 and 5). A model is the painting body
of a canvas of its own, type ``Model``, as Universal Viewer and the P3 users of glTF do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from heritage3d.iiif import comments, fidelity
from heritage3d.iiif.contents import contents
from heritage3d.iiif.linking import linked, provider, start_of
from heritage3d.iiif.parts import ImagePart, ModelFile, ModelPart, Picture
from heritage3d.pipeline.addresses import here

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
PHYSDIM = "http://iiif.io/api/annex/services/physdim"
GLB = "model/gltf-binary"

Json = dict[str, Any]
Behavior = Literal["paged", "continuous", "individuals"]

MODEL = {"en": ["3D model"], "zh-Hans": ["三维模型"], "zh-Hant": ["三維模型"]}
RECORD = {"en": ["Record of the object"], "zh-Hans": ["著录信息"], "zh-Hant": ["著錄資訊"]}
LEVELS = {
    "preview": {"en": ["Model, preview"], "zh-Hans": ["模型（预览）"], "zh-Hant": ["模型（預覽）"]},
    "web": {"en": ["Model for the web"], "zh-Hans": ["模型（网页）"], "zh-Hant": ["模型（網頁）"]},
    "vr": {"en": ["Model for VR headsets"], "zh-Hans": ["模型（VR 头显）"], "zh-Hant": ["模型（VR 頭顯）"]},
    "full": {"en": ["Model in full detail"], "zh-Hans": ["模型（完整细节）"], "zh-Hant": ["模型（完整細節）"]},
}
_PAGED = ("manuscript", "book", "archive", "volume", "codex", "album", "newspaper",
          "册", "書", "书", "簿", "档", "檔", "手稿", "抄本", "刻本", "卷宗", "写本", "寫本", "古籍")  # fmt: skip
_CONTINUOUS = ("scroll", "卷轴", "卷軸", "手卷", "长卷", "長卷", "横卷", "橫卷", "立轴", "立軸")


def manifest(
    record: Json,
    images: Sequence[ImagePart],
    models: Sequence[ModelPart],
    *,
    thumbnail: Picture | None = None,
    behavior: Behavior | None = None,
    see_also: Sequence[Json] = (),
) -> Json:
    """The manifest of an object; addresses are neutral (pipeline.addresses) until it is published.

    ``record`` is what record.json holds. Pages stand in its order; an image that it does not list (made
    by a stage from several captures) follows in the given order, named after itself, or after the object where
    it is the only one. ``behavior`` overrides
    what the kind tells. ``see_also`` are further resources that machines may want.
    """
    listed = {page["name"]: page for page in record.get("pages") or []}
    rank = {name: at for at, name in enumerate(listed)}
    images = sorted(images, key=lambda part: rank.get(part.name, len(rank)))
    behavior = behavior or behavior_of(record, len(images))
    # A scroll that was joined from its parts is no page of the list: it is the object, and is called like it.
    unlisted = {"label": record["title"]} if len(images) == 1 else None
    canvases = [_page(part, listed.get(part.name, unlisted), record) for part in images]
    for image, page in zip(images, canvases, strict=True):
        joined = listed if unlisted and image.name not in listed else ()
        page |= comments.on_page(image, listed.get(image.name), record, joined)
    for part in models:
        canvas = _model(part, MODEL if len(models) == 1 else {"none": [part.name]})
        canvas |= comments.on_model(part, record)
        canvases.append(canvas | ({"behavior": ["non-paged"]} if behavior == "paged" else {}))
    document = described(record, CONTEXT, "manifest.json", thumbnail)
    if thumbnail and (images or models):
        document["placeholderCanvas"] = _placeholder("cover", record["title"], thumbnail)
    document["viewingDirection"] = record.get("viewing_direction")
    document["behavior"] = [behavior] if images else None
    told = {"id": here("record.json"), "type": "Dataset", "label": RECORD, "format": "application/json"}
    document["seeAlso"] = [told, *see_also, *document.pop("seeAlso", [])]
    document["start"] = start_of(record, images, models)
    document["items"] = canvases
    document["structures"] = contents(images, listed)
    return {key: value for key, value in document.items() if value}


def described(record: Json, context: str, name: str, thumbnail: Picture | None) -> Json:
    """What a manifest of any version says about the object itself, without what the record does not know."""
    document: Json = {
        "@context": context,
        "id": here(name),
        "type": "Manifest",
        "label": record["title"],
        "summary": record.get("summary"),
        "metadata": record.get("metadata"),
        "requiredStatement": record.get("required_statement"),
        "rights": record.get("rights"),
        "provider": provider(record, name),
        "thumbnail": [_image(thumbnail)] if thumbnail else None,
        "navDate": record.get("nav_date"),
        "homepage": linked(record.get("homepage"), "Text", "text/html"),
        "seeAlso": linked(record.get("see_also"), "Dataset"),
        "rendering": linked(record.get("download"), "Dataset"),
    }
    return {key: value for key, value in document.items() if value}


def behavior_of(record: Json, pages: int) -> Behavior:
    """How the pages of an object belong together, from its kind and from the sides of its pages."""
    kind = str(record.get("kind") or "").casefold()
    if pages > 1 and any(word in kind for word in _CONTINUOUS):
        return "continuous"
    sided = any(page.get("side") for page in record.get("pages") or [])
    if pages > 2 and (sided or any(word in kind for word in _PAGED)):
        return "paged"
    return "individuals"


def _page(part: ImagePart, page: Json | None, record: Json) -> Json:
    label = (page or {}).get("label") or {"none": [part.name]}
    canvas = _canvas(part.address, label, part.width, part.height)
    canvas["items"] = _painting(part.address, image_body(part))
    if part.thumbnail:
        canvas["thumbnail"] = [_image(part.thumbnail)]
    if size := mm_per_pixel(page, record):
        scale = {"physicalScale": size / 25.4, "physicalUnits": "in"}
        canvas["service"] = [{"id": f"{canvas['id']}#physdim", "type": "Service", "profile": PHYSDIM, **scale}]
    return canvas


def mm_per_pixel(page: Json | None, record: Json) -> float | None:
    """Millimetres of the original under a pixel: from the width of this page in the page list, else from the ppi."""
    width, pixels = (page or {}).get("width_mm"), (page or {}).get("width")
    if width and pixels:
        return float(width) / float(pixels)
    return 25.4 / float(record["ppi"]) if record.get("ppi") else None


def _model(part: ModelPart, label: dict[str, list[str]]) -> Json:
    shown = next((file for file in part.files if file.role == "web"), part.files[0])
    size = (part.poster.width, part.poster.height) if part.poster else (1000, 1000)
    canvas = _canvas(part.address, label, *size)
    canvas["metadata"] = fidelity.stated(part, shown)
    canvas["items"] = _painting(part.address, _level(shown, label))
    if part.poster:
        canvas["thumbnail"] = [_image(part.poster)]
        canvas["placeholderCanvas"] = _placeholder(f"{part.address}/poster", label, part.poster)
    if others := [_level(file, LEVELS.get(file.role, {"none": [file.role]})) for file in part.files if file != shown]:
        canvas["rendering"] = others
    return canvas


def _canvas(address: str, label: dict[str, list[str]], width: int, height: int) -> Json:
    return {"id": here(f"canvas/{address}"), "type": "Canvas", "label": label, "height": height, "width": width}


def _painting(address: str, body: Json) -> list[Json]:
    annotation = {
        "id": here(f"annotation/{address}"),
        "type": "Annotation",
        "motivation": "painting",
        "body": body,
        "target": here(f"canvas/{address}"),
    }
    return [{"id": here(f"annotations/{address}"), "type": "AnnotationPage", "items": [annotation]}]


def image_body(part: ImagePart) -> Json:
    """The whole image of a page with its service."""
    service = {"id": here(part.address), "type": "ImageService3", "profile": "level0"}
    return _image(part.full) | {"service": [service]}


def _image(picture: Picture) -> Json:
    size = {"height": picture.height, "width": picture.width}
    # The comma of "225,300" stays: Image API 3.0, 9 encodes only what the path itself needs.
    return {"id": here(picture.address).replace("%2C", ","), "type": "Image", "format": picture.format, **size}


def _level(file: ModelFile, label: dict[str, list[str]]) -> Json:
    return {"id": here(file.address), "type": "Model", "label": label, "format": GLB}


def _placeholder(place: str, label: dict[str, list[str]], picture: Picture) -> Json:
    """A canvas with a small picture, to be shown until what it stands for has come."""
    canvas = _canvas(place, label, picture.width, picture.height)
    return canvas | {"items": _painting(place, _image(picture))}
