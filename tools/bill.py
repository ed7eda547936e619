"""What heritage3d is made of: `python tools/bill.py FOLDER` writes sbom.cdx.json (CycloneDX 1.6), licences.md and,
from a report of `pip install --dry-run --report`, requirements.lock with the digest of every file.

Only what is installed here is told, so run it in a fresh environment before a release.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = "heritage3d"
NAMES = {  # classifiers and free text that mean the same
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "Apache 2.0": "Apache-2.0", "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "ISC License (ISCL)": "ISC",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later", "BSD-3": "BSD-3-Clause",
}  # fmt: skip


def plain(name: str) -> str:
    """A distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(extras: tuple[str, ...] = ()) -> dict[str, importlib.metadata.Distribution]:
    """Every installed distribution that heritage3d needs, directly or not, by name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [(ROOT, extras)]
    while waiting:
        name, wanted = waiting.pop()
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system, or an extra that nobody asked for
        for requirement in _requirements(distribution) if name == ROOT else distribution.requires or []:
            told = re.match(r"([A-Za-z0-9._-]+)(?:\[([^]]*)\])?", requirement)
            extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", requirement)
            if told and (extra is None or extra[1] in wanted) and plain(told[1]) not in found:
                waiting.append((told[1], tuple((told[2] or "").replace(" ", "").split(","))))
        found[plain(name)] = distribution
    found.pop(ROOT, None)
    return dict(sorted(found.items()))


def _requirements(distribution: importlib.metadata.Distribution) -> list[str]:
    """What the source tree asks for, which an older editable installation does not know yet."""
    source = Path(__file__).resolve().parents[1] / "pyproject.toml"
    if not source.is_file():
        return list(distribution.requires or [])
    project = tomllib.loads(source.read_text("utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    return project["dependencies"] + [
        f"{entry}; extra == '{extra}'" for extra, entries in optional.items() for entry in entries
    ]


def licence(distribution: importlib.metadata.Distribution) -> str:
    """The licence as the distribution tells it, in SPDX's words where it can be said so."""
    told = distribution.metadata
    if expression := told.get("License-Expression"):
        return str(expression)
    said = [entry.rpartition("::")[2].strip() for entry in told.get_all("Classifier") or [] if entry[:7] == "License"]
    said = [word for word in said if word not in {"DFSG approved", "OSI Approved"}]  # no licences, but judgements
    words = said or [str(told.get("License") or "").strip().partition("\n")[0]]
    return " AND ".join(dict.fromkeys(NAMES.get(word, word) for word in words if word)) or "unknown"


def table(distributions: dict[str, importlib.metadata.Distribution]) -> str:
    """The list of licences, as the documentation has it."""
    lines = [f"| {name} | {licence(entry)} |" for name, entry in distributions.items()]
    return "\n".join(["| distribution | licence |", "|---|---|", *lines]) + "\n"


def bill(distributions: dict[str, importlib.metadata.Distribution]) -> dict[str, object]:
    """The bill of materials, without a date or a serial number: the same environment gives the same bill."""
    parts = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{entry.version}",
            "name": name,
            "version": entry.version,
            "purl": f"pkg:pypi/{name}@{entry.version}",
            "licenses": [{"license": {"name": licence(entry)}}],
        }
        for name, entry in distributions.items()
    ]
    own = {"type": "application", "name": ROOT, "version": importlib.metadata.version(ROOT)}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": own}, "components": parts}


def locked(report: Path) -> Iterator[str]:
    """Lines for `pip install --require-hashes -r`, from pip's own report; no address is kept."""
    for entry in sorted(
        json.loads(report.read_text("utf-8"))["install"], key=lambda one: one["metadata"]["name"].lower()
    ):
        told, hashes = entry["metadata"], entry["download_info"].get("archive_info", {}).get("hashes", {})
        if "sha256" in hashes:
            yield f"{plain(told['name'])}=={told['version']} --hash=sha256:{hashes['sha256']}"


def main() -> None:
    """Write the files."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    runtime = needed()
    (folder / "sbom.cdx.json").write_text(json.dumps(bill(runtime), indent=2) + "\n", "utf-8")
    (folder / "licences.md").write_text(table(runtime), "utf-8")
    if len(sys.argv) > 2:
        (folder / "requirements.lock").write_text("\n".join(locked(Path(sys.argv[2]))) + "\n", "utf-8")
    print(f"{len(runtime)} distributions: {folder}")


if __name__ == "__main__":
    main()
