"""What a file says of the object that it shows: a packet of XMP as JSON-LD (KHR_xmp_json_ld, ISO 16684-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EXTENSION = "KHR_xmp_json_ld"
_CONTEXT = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}
_DEFAULT = "x-default"
_DIGEST = "urn:sha256:"


@dataclass(frozen=True)
class About:
    """The object and its master. ``title`` by language tag ("none" or "" where it is not known).

    ``rights`` is an address of a licence or a statement; ``master_sha256`` the digest of the scan's file as 64
    hexadecimal digits, ``master_file`` its name; ``tool`` made the file.
    """

    title: Mapping[str, str] = field(default_factory=dict)
    identifier: str | None = None
    rights: str | None = None
    holder: str | None = None
    master_sha256: str | None = None
    master_file: str | None = None
    tool: str | None = None


def packet(about: About) -> dict[str, Any]:
    """The XMP packet, the same for the same words; {} where there is nothing to say."""
    told: dict[str, Any] = {}
    if about.title:
        told["dc:title"] = _alternatives(about.title)
    if about.identifier:
        told["dc:identifier"] = about.identifier
    if about.rights:
        told["dc:rights"] = _alternatives({"": about.rights})
        if about.rights.startswith(("http://", "https://")):
            told["xmpRights:WebStatement"] = about.rights
    if about.holder:
        told["dc:publisher"] = {"@set": [about.holder]}
    if about.master_sha256:
        told["dc:source"] = _DIGEST + about.master_sha256
    if about.master_file:
        told["xmpMM:DerivedFrom"] = {"@type": "xmpMM:ResourceRef", "xmpMM:filePath": about.master_file}
    if about.tool:
        told["xmp:CreatorTool"] = about.tool
    if not told:
        return {}
    told["dc:format"] = "model/gltf-binary"
    prefixes = {name.partition(":")[0] for name in told} | {"rdf"}
    return {"@context": {key: value for key, value in _CONTEXT.items() if key in prefixes}, "@id": "", **told}


def describe(document: dict[str, Any], about: About | None) -> bool:
    """Put the packet into a document and name it in ``asset``, in place; False where there is nothing to say."""
    told = packet(about) if about else {}
    if not told:
        return False
    document.setdefault("extensions", {})[EXTENSION] = {"packets": [told]}
    document["asset"].setdefault("extensions", {})[EXTENSION] = {"packet": 0}
    return True


def of(root: dict[str, Any]) -> About | None:
    """What the packet of a document's asset says, None where it has none or one that is not understood.

    ``root`` is the JSON of a glTF file of anybody: what does not have the form of ``packet`` is passed over.
    """
    number = _inside(root, "asset", "extensions", EXTENSION, "packet")
    packets = _inside(root, "extensions", EXTENSION, "packets")
    if isinstance(number, bool) or not isinstance(number, int) or not isinstance(packets, list):
        return None
    told = packets[number] if 0 <= number < len(packets) else None
    if not isinstance(told, dict):
        return None
    source = _text(told.get("dc:source"))
    rights = _languages(told.get("dc:rights"))
    publisher = _inside(told, "dc:publisher", "@set")
    return About(
        title=_languages(told.get("dc:title")),
        identifier=_text(told.get("dc:identifier")),
        rights=next(iter(rights.values()), None),
        holder=_text(publisher[0]) if isinstance(publisher, list) and publisher else None,
        master_sha256=source.removeprefix(_DIGEST) if source and source.startswith(_DIGEST) else None,
        master_file=_text(_inside(told, "xmpMM:DerivedFrom", "xmpMM:filePath")),
        tool=_text(told.get("xmp:CreatorTool")),
    )


def _alternatives(words: Mapping[str, str]) -> dict[str, Any]:
    """A text in several languages (rdf:Alt); the first is the default, as XMP asks (ISO 16684-1, section 8.2.2.4)."""
    entries = [(_DEFAULT if language in ("", "none") else language, text) for language, text in words.items()]
    return {
        "@type": "rdf:Alt",
        **{
            f"rdf:_{at}": {"@language": language, "@value": text}
            for at, (language, text) in enumerate(sorted(entries, key=lambda entry: entry[0] != _DEFAULT), 1)
        },
    }


def _languages(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return {"none": value}
    if not isinstance(value, dict):
        return {}
    found = {}
    for key, entry in value.items():
        if key.startswith("rdf:_") and isinstance(entry, dict):
            language, text = entry.get("@language"), entry.get("@value")
            if isinstance(language, str) and isinstance(text, str):
                found["none" if language == _DEFAULT else language] = text
    return found


def _inside(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
