"""Who may know whom (design section 3), and what may be used only through its one room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from heritage3d import commands

ROOT = Path(__file__).resolve().parents[1] / "heritage3d"
ALWAYS = {"errors", "messages", "pipeline", "compiled", ""}
ALLOWED = {  # room -> rooms that it may know, besides ALWAYS
    "pipeline": set(),
    "messages": set(),
    "errors": {"messages"},
    "compiled": set(),
    "record": set(),
    "trust": set(),
    "image": set(),
    "tiling": {"image"},
    "correction": {"image"},
    "stitching": {"image"},
    "quality": {"image", "correction", "record"},
    "gltf": {"image"},
    "mesh": {"gltf", "image"},
    "usdz": {"gltf"},
    "repair": {"mesh", "gltf"},
    "deviation": {"mesh", "gltf", "image"},
    "simplification": {"mesh", "gltf", "deviation"},
    "baking": {"mesh", "gltf", "deviation", "image"},
    "levels": {"mesh", "gltf", "image", "repair", "deviation", "simplification", "baking"},
    "photogrammetry": {"mesh", "gltf", "image", "deviation", "baking"},
    "iiif": {"image", "tiling", "record"},
    "hall": {"iiif", "record", "gltf"},
    "exhibit": {"hall", "usdz", "iiif", "trust", "record"},
    "environment": {"mesh", "viewer"},
    "stages": {
        "record",
        "trust",
        "image",
        "tiling",
        "correction",
        "stitching",
        "quality",
        "gltf",
        "mesh",
        "deviation",
        "baking",
        "levels",
        "photogrammetry",
        "iiif",
        "exhibit",
        "hall",
    },
    "commands": {"quality", "record", "trust", "exhibit", "environment", "mesh", "deviation", "photogrammetry"},
    "cli": {"stages", "commands"},
}
FILES = sorted(path for path in ROOT.rglob("*.py") if "node_modules" not in path.parts)


def _room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {
        name.removeprefix("heritage3d").lstrip(".").split(".")[0] for name in found if name.startswith("heritage3d")
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_room_knows_only_rooms_below_it(path: Path) -> None:
    room = _room(path)
    if room == "__init__":
        return
    rooms = {entry.name.removesuffix(".py") for entry in ROOT.iterdir()}
    known = {name for name in _imports(path) & rooms if name != room}
    # The engine imports the stages so that workers know them; nothing else in the pipeline may.
    known -= {"stages"} if path.name == "job.py" else set()
    assert known <= ALLOWED[room] | ALWAYS


FORBIDDEN = {  # call -> the reason
    "cv2.imread": "OpenCV gets bytes, never a path",
    "cv2.imwrite": "OpenCV gets bytes, never a path",
    "yaml.load": "use a safe loader",
    "os.system": "no shell",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_dangerous_calls_are_not_used(path: Path) -> None:
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    }
    allowed = {"yaml.load"} if path.parent.name == "messages" else set()
    assert not (calls & set(FORBIDDEN)) - allowed
    renames = {call for call in calls if call.endswith(".rename") or call in {"os.replace", "shutil.move"}}
    assert not renames or path.name == "store.py", "only the store renames"
    assert path.name not in {"utils.py", "helpers.py", "common.py"}


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "stages" or p.name == "kinds.py"])
def test_stages_and_kinds_are_light_to_import(path: Path) -> None:
    heavy = {"pyvips", "cv2", "open3d", "trimesh", "scipy", "numba", "xatlas", "pycolmap", "imagecodecs", "numpy"}
    heavy |= {"tifffile", "DracoPy", "meshopt", "pxr"}
    top = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in top for alias in node.names} | {
        node.module or "" for node in top if isinstance(node, ast.ImportFrom)
    }
    assert not {name.split(".")[0] for name in names} & heavy


def test_every_command_has_its_file_and_its_place_in_the_help() -> None:
    files = {path.stem for path in (ROOT / "commands").glob("*.py")} - {"__init__"}
    assert files == {*commands.MAIN, *commands.HIDDEN}
