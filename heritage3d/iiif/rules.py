"""What IIIF Presentation 3.0 says about properties, behaviors and values (sections 3 and 4, appendix A), as tables."""

from __future__ import annotations

import re

CONTEXTS = {version: f"http://iiif.io/api/presentation/{version}/context.json" for version in (2, 3, 4)}

_DESCRIPTIVE = frozenset({"label", "metadata", "summary", "requiredStatement", "rights", "provider", "thumbnail",
                          "navDate", "placeholderCanvas", "accompanyingCanvas"})  # fmt: skip
_LINKING = frozenset({"homepage", "rendering", "service", "seeAlso", "partOf"})
_COMMON = _DESCRIPTIVE | _LINKING | {"@context", "id", "type", "behavior", "items", "annotations"}

ALLOWED = {
    "Collection": _COMMON | {"viewingDirection", "services"},
    "Manifest": _COMMON | {"viewingDirection", "services", "start", "structures"},
    "Canvas": _COMMON | {"height", "width", "duration"},
    "Range": _COMMON | {"viewingDirection", "start", "supplementary"},
    "AnnotationPage": (_COMMON - {"navDate", "placeholderCanvas", "accompanyingCanvas", "annotations"})
    | {"next", "prev", "startIndex"},
}
REQUIRED = {
    "Collection": ("id", "type", "label", "items"),
    "Manifest": ("id", "type", "label", "items"),
    "Canvas": ("id", "type"),
    "Range": ("id", "type", "items"),
    "AnnotationPage": ("id", "type"),
    "Annotation": ("id", "type", "target"),
    "Agent": ("id", "type", "label"),
    "homepage": ("id", "type", "label"),
    "rendering": ("id", "type", "label"),
    "seeAlso": ("id", "type"),
    "thumbnail": ("id", "type"),
    "logo": ("id", "type"),
    "partOf": ("id", "type"),
}

_ANY = frozenset({"Collection", "Manifest", "Canvas", "Range"})
BEHAVIORS = {
    "auto-advance": _ANY,
    "no-auto-advance": _ANY,
    "repeat": _ANY - {"Canvas", "Range"},
    "no-repeat": _ANY - {"Canvas", "Range"},
    "unordered": _ANY - {"Canvas"},
    "individuals": _ANY - {"Canvas"},
    "continuous": _ANY - {"Canvas"},
    "paged": _ANY - {"Canvas"},
    "facing-pages": frozenset({"Canvas"}),
    "non-paged": frozenset({"Canvas"}),
    "multi-part": frozenset({"Collection"}),
    "together": frozenset({"Collection"}),
    "sequence": frozenset({"Range"}),
    "thumbnail-nav": frozenset({"Range"}),
    "no-nav": frozenset({"Range"}),
    "hidden": frozenset({"AnnotationPage", "AnnotationCollection", "Annotation", "SpecificResource", "Choice"}),
}
DISJOINT = (
    {"auto-advance", "no-auto-advance"},
    {"repeat", "no-repeat"},
    {"unordered", "individuals", "continuous", "paged"},
    {"facing-pages", "non-paged"},
    {"multi-part", "together"},
    {"sequence", "thumbnail-nav", "no-nav"},
)
DIRECTIONS = frozenset({"left-to-right", "right-to-left", "top-to-bottom", "bottom-to-top"})

LANGUAGE = re.compile(r"none|[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*|[xi](-[a-zA-Z0-9]{1,8})+")
MEDIA_TYPE = re.compile(r"[a-z]+/[a-zA-Z0-9.+_-]+(\s*;.*)?")
RIGHTS = re.compile(
    r"http://(creativecommons\.org/(licenses|publicdomain)/[a-z0-9./+-]+|rightsstatements\.org/vocab/[A-Za-z-]+/1\.0/)"
)
ADDRESS = re.compile(r"https?://[^\s/?#<>\"{}|\\^`]+([/?#][^\s<>\"{}|\\^`]*)?")
IMAGE_PROFILE = {
    "ImageService3": re.compile(r"level[012]"),
    "ImageService2": re.compile(r"(http://iiif\.io/api/image/2/)?level[012](\.json)?"),
    "ImageService1": re.compile(
        r"level[012]|http://(library\.stanford\.edu/iiif/image-api/.*level[012]|iiif\.io/api/image/1/level[012]\.json)"
    ),
}
