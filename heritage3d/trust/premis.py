"""The ledger as PREMIS 3 (XML): which act on which object, when, by which software, with what outcome.

Times live in the ledger only; so this is written on request and never published.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import heritage3d
from heritage3d.errors import NotAnOutput
from heritage3d.pipeline.ledger import Ledger
from heritage3d.pipeline.store import Store, write

NAMESPACE = "http://www.loc.gov/premis/v3"
_TYPES = {"done": "derivation", "failed": "derivation"}


def export(out: Path, file: Path) -> int:
    """Write every event of the ledger of ``out``; their number. Raises NotAnOutput, OutputError."""
    store = Store(out)
    if not store.ledger.is_file():
        raise NotAnOutput(file=out)
    root = ET.Element("premis", {"xmlns": NAMESPACE, "version": "3.0"})
    with Ledger(store.ledger) as ledger:
        for identifier in sorted({str(event["object"]) for event in ledger.events() if event["object"]}):
            entity = _add(root, "object")
            entity.set("{http://www.w3.org/2001/XMLSchema-instance}type", "intellectualEntity")
            _identifier(entity, "objectIdentifier", "object", identifier)
        count = 0
        for event in ledger.events():
            _event(root, event, ledger)
            count += 1
    agent = _add(root, "agent")
    _identifier(agent, "agentIdentifier", "software", "heritage3d")
    _add(agent, "agentName", "heritage3d")
    _add(agent, "agentType", "software")
    _add(agent, "agentVersion", heritage3d.__version__)
    ET.indent(root)
    content = b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"
    write(file, content, file.parent)
    return count


def _event(root: ET.Element, told: dict[str, Any], ledger: Ledger) -> None:
    event = _add(root, "event")
    _identifier(event, "eventIdentifier", "ledger", str(told["seq"]))
    _add(event, "eventType", _TYPES.get(told["what"], told["what"]))
    _add(event, "eventDateTime", datetime.fromtimestamp(told["at"], UTC).isoformat(timespec="milliseconds"))
    job = ledger.job(told["object"], told["step"], told["slot"])
    detail = {"step": told["step"], "slot": told["slot"]}
    if job is not None:
        detail |= {"stage": job.stage, "version": job.version, "options": job.options, "libraries": job.tools}
    _add(_add(event, "eventDetailInformation"), "eventDetail", _json(detail))
    outcome = _add(event, "eventOutcomeInformation")
    _add(outcome, "eventOutcome", "success" if told["what"] == "done" else told["what"])
    if told["detail"]:
        _add(_add(outcome, "eventOutcomeDetail"), "eventOutcomeDetailNote", told["detail"])
    agent = _add(event, "linkingAgentIdentifier")
    _add(agent, "linkingAgentIdentifierType", "software")
    _add(agent, "linkingAgentIdentifierValue", "heritage3d")
    if told["object"]:
        entity = _add(event, "linkingObjectIdentifier")
        _add(entity, "linkingObjectIdentifierType", "object")
        _add(entity, "linkingObjectIdentifierValue", told["object"])


def _identifier(parent: ET.Element, name: str, kind: str, value: str) -> None:
    entry = _add(parent, name)
    _add(entry, f"{name}Type", kind)
    _add(entry, f"{name}Value", value)


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    """An element; what XML cannot hold reads as a question mark."""
    entry = ET.SubElement(parent, name)
    entry.text = "".join(sign if _allowed(sign) else "?" for sign in text)
    return entry


def _allowed(sign: str) -> bool:
    code = ord(sign)
    return (code >= 0x20 and not 0xD800 <= code < 0xE000 and code not in {0xFFFE, 0xFFFF}) or sign in "\t\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
