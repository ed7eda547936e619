"""Our verdict on every asset of the Khronos validator's own test set, beside that of its golden report.

``python -m tests.gltf.verdicts DATA`` prints how many agree and names those that do not, with the reason. Two verdicts
are asked: that of reading (what `optimize` would do with the file) and that of `heritage3d check`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from heritage3d.errors import Heritage3dError, MeshEmpty
from heritage3d.gltf import checking, khronos, reading

ASSETS = 372

#: Files whose golden report has errors and that are read all the same: what is wrong is left out by us.
LEFT_OUT = {
    "base/data/node/node_skin_without_skinned_mesh.gltf": "skins are left out",
    "base/data/skin/no_joints_in_scene.gltf": "skins are left out",
    "base/data/node/node_weights_invalid.gltf": "morph targets are left out",
}
#: Files without an error in the report that cannot be shown.
NO_DATA = {
    "base/data/root/named_objects.gltf": "its buffer has no data, which is no error until they are needed",
    "base/data/root/unused_objects.gltf": "its buffer has no data, which is no error until they are needed",
}
#: Where the validator as we run it differs from its own golden report.
OTHERWISE = {
    "base/data/buffer/non_relative_uri.gltf": "nothing is fetched from elsewhere, so the buffer is missing",
    "ext/KHR_node_visibility/data/node/unexpected_extension.gltf": "newer than the released validator",
}


@dataclass(frozen=True)
class Verdict:
    """``golden`` are the errors reported, ``reading`` is our code ("": it is read), ``check`` is None without Node."""

    golden: frozenset[str]
    reading: str
    check: bool | None

    @property
    def reading_agrees(self) -> bool:
        """Whether reading refuses what has errors and nothing else. A scene without triangles is valid glTF."""
        refused = bool(self.reading) and not (self.reading == MeshEmpty.code and not self.golden)
        return bool(self.golden) == refused

    @property
    def check_agrees(self) -> bool:
        """Whether `heritage3d check` finds an error exactly where the report has one."""
        return self.check is None or self.check == bool(self.golden)


def golden(data: Path) -> dict[str, tuple[Path, frozenset[str]]]:
    """Every asset of the Khronos set that has a report, with the errors that this names."""
    root = data / "gltf/validator-golden"
    found = {}
    for report in sorted(root.rglob("*.report.json")):
        messages = json.loads(report.read_text("utf-8"))["issues"]["messages"]
        errors = frozenset(message["code"] for message in messages if message["severity"] == 0)
        asset = report.with_name(report.name.removesuffix(".report.json"))
        found[asset.relative_to(root).as_posix()] = asset, errors
    assert len(found) == ASSETS
    return found


def verdicts(data: Path) -> dict[str, Verdict]:
    """Both verdicts on every asset."""
    assets = golden(data)
    reports = khronos.validate_all([path for path, _ in assets.values()])
    told = {}
    for (name, (path, errors)), report in zip(assets.items(), reports, strict=True):
        try:
            reading.read(path)
            code = ""
        except Heritage3dError as error:
            code = error.code
        found = None if report is None else any(f.severity == "error" for f in checking.judged(path, report))
        told[name] = Verdict(errors, code, found)
    return told


def main() -> None:
    """Print the table."""
    told = verdicts(Path(sys.argv[1]))
    reasons = {**LEFT_OUT, **NO_DATA, **OTHERWISE}
    sound = sum(not verdict.golden for verdict in told.values())
    print(f"{len(told)} assets, {sound} without an error, {len(told) - sound} with errors")
    for what, agrees in (("reading", "reading_agrees"), ("check", "check_agrees")):
        apart = [name for name, verdict in told.items() if not getattr(verdict, agrees)]
        print(f"{what}: agrees on {len(told) - len(apart)}")
        for name in apart:
            verdict = told[name]
            theirs = ", ".join(sorted(verdict.golden)) or "no error"
            ours = (verdict.reading if what == "reading" else "error" if verdict.check else "") or "accepted"
            print(f"  {name}: {theirs} | ours: {ours} | {reasons.get(name, 'no reason known')}")
    if not khronos.available():
        print("check: Node or gltf-validator is not installed, so only our own reading was asked")


if __name__ == "__main__":
    main()
