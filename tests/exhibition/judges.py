"""Independent judges of a published tree: ``python -m tests.exhibition.judges OUT DATA``.

The official IIIF validator over HTTP, the official schemas, the Khronos glTF validator. Each function
returns how many documents it judged and the faults as lines.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
from referencing import Registry, Resource

from heritage3d.exhibit.serving import in_background
from heritage3d.gltf import checking, khronos, reading, textures

REFERENCE = "67352ccc-d1b0-11e1-89ae-279075081939"  # the picture that the IIIF validator knows
HARMLESS = {"MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"}
Verdict = tuple[int, list[str]]


def image_services(out: Path) -> Verdict:
    """iiif-validator 1.0.5 at level 0, every test, every image, over HTTP.

    Its test id_squares compares colours with those of the validator's own picture: any other picture
    cannot pass it, and is excused from that one test.
    """
    faults = []
    services = sorted(path.parent for path in out.glob("objects/*/pages/*/info.json"))
    program = Path(sys.executable).with_name("iiif-validate.py")
    # Its address must be the one that the documents were bound to.
    port = urlsplit(json.loads((out / "collection.json").read_text("utf-8"))["id"]).port
    with in_background(out, port=port or 80) as site:
        server = site.address.removeprefix("http://").strip("/")
        for service in services:
            place = service.relative_to(out)
            command = [sys.executable, str(program), "--version=3.0", "--level=0", "-v", "-s", server]
            command += ["-p", place.parent.as_posix(), "-i", place.name]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            told = done.stdout + done.stderr
            failed = set(re.findall(r"test (\w+) FAIL", told))
            if "5 tests" not in told or failed - (set() if place.name == REFERENCE else {"id_squares"}):
                faults.append(f"{place}: {told.strip()[-400:]}")
    return len(services), faults


def presentation_3(out: Path, data: Path) -> Verdict:
    """Every manifest and the collection against the official schema of Presentation 3."""
    schema = json.loads((data / "iiif/schemas-and-fixtures/schema/iiif_3_0.json").read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    return _against(validator, [out / "collection.json", *sorted(out.glob("objects/*/manifest.json"))])


def presentation_4(out: Path, data: Path) -> Verdict:
    """Every scene against the official schemas of the draft of Presentation 4."""
    folder = data / "iiif/schemas-and-fixtures/schema/v4"
    schemas = {path.name.casefold(): json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}

    def find(address: str) -> Resource[Any]:
        return Resource.from_contents(schemas[address.rpartition("/")[2].casefold()])

    validator = jsonschema.Draft202012Validator(schemas["main.json"], registry=Registry(retrieve=find))
    return _against(validator, sorted(out.glob("objects/*/scene.json")))


def _against(validator: Any, paths: list[Path]) -> Verdict:
    faults = []
    for path in paths:
        document = json.loads(path.read_text("utf-8"))
        faults += [f"{path}: {fault.json_path}: {fault.message[:200]}" for fault in validator.iter_errors(document)]
    return len(paths), faults


def models(out: Path) -> Verdict:
    """Every GLB: no error, and no warning but that tangents are generated.

    The validator does not know KTX2: what it says of those images is left out, and they are decoded here.
    """
    faults = []
    paths = sorted(out.rglob("*.glb"))
    for path in paths:
        report = khronos.validate(path)
        if report is None:
            faults.append(f"{path}: the validator did not answer")
            continue
        told = [entry.what for entry in checking.findings_of(report)]
        faults += [f"{path}: {what}" for what in told if what.partition(":")[0] not in HARMLESS]
        for texture in reading.read(path).textures:
            textures.check(texture, path.name)
    return len(paths), faults


def main() -> int:
    """Judge the tree that the command line names."""
    out, data = Path(sys.argv[1]), Path(sys.argv[2])
    status = 0
    judges = {
        "iiif-validator level 0": functools.partial(image_services, out),
        "Presentation 3 schema": functools.partial(presentation_3, out, data),
        "Presentation 4 draft schema": functools.partial(presentation_4, out, data),
        "Khronos glTF validator": functools.partial(models, out),
    }
    for name, judge in judges.items():
        judged, faults = judge()
        print(f"{name}: {judged} judged, {len(faults)} faults")
        print(*faults, sep=os.linesep)
        status |= bool(faults) or not judged
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
