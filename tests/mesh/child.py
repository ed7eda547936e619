"""Read meshes in processes of their own, within limits of memory and time, and tell what became of each.

Run as a module it takes a JSON list of paths from its standard input and writes one line of JSON for each.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10
MEGABYTES = 500
_STL = (
    "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n"
)
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """``code`` is that of our error, "" where the file was read, or what else ended the process."""

    file: str
    code: str
    line: str
    seconds: float
    megabytes: float


def outcomes(paths: list[Path]) -> dict[Path, Outcome]:
    """What becomes of each file when it is read with all its textures decoded."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.mesh.child"],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        timeout=60 + SECONDS * len(paths),
        cwd=_ROOT,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = [Outcome(**json.loads(line)) for line in done.stdout.splitlines()]
    assert len(told) == len(paths)
    return dict(zip(paths, told, strict=True))


def of_cases(cases: Mapping[str, tuple[str, Callable[[Path], Path]]], folder: Path) -> dict[str, Outcome]:
    """What becomes of the file that each case makes in a folder of its own."""
    paths = {}
    for number, (name, (_, maker)) in enumerate(cases.items()):
        (folder / str(number)).mkdir()
        paths[name] = maker(folder / str(number))
    found = outcomes(list(paths.values()))
    return {name: found[path] for name, path in paths.items()}


def check_refused(found: Outcome, code: str) -> None:
    """Refused by this code in one line, within the limits."""
    assert found.code == code, found
    assert found.megabytes < MEGABYTES
    assert found.seconds < SECONDS
    assert found.line.count("\n") == 0


def one(path: Path) -> Outcome:
    return outcomes([path])[path]


def _verdict(path: Path) -> tuple[str, str]:
    from heritage3d.errors import Heritage3dError
    from heritage3d.gltf import textures
    from heritage3d.mesh import reading

    try:
        model = reading.read(path)
        for texture in model.textures:
            textures.decode(texture, path.name)
    except Heritage3dError as error:
        return error.code, error.line("en")
    return "", f"{model.triangles} triangles"


def _forked(path: Path) -> Outcome:
    """In a copy of this process: modules are loaded once, and still each file has its own limits."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        # The address space holds libraries and stacks of threads that are never used: it may be larger.
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(SECONDS)
        try:
            answer: tuple[str, str] = _verdict(path)
        except BaseException as error:
            answer = type(error).__name__, str(error)[:300]
        os.write(sink, json.dumps(answer).encode()[:60_000])
        os._exit(0)
    os.close(sink)
    with os.fdopen(source, "rb") as stream:
        text = stream.read()
    _, status, used = os.wait4(child, 0)
    ended = {signal.SIGALRM: "too slow", signal.SIGSEGV: "crash", signal.SIGKILL: "killed"}
    code, line = json.loads(text) if text else (ended.get(os.WTERMSIG(status), f"signal {status}"), "")
    return Outcome(path.name, code, line, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _main() -> None:
    import warnings

    import DracoPy  # noqa: F401
    import meshopt  # noqa: F401

    import heritage3d.gltf.textures
    import heritage3d.image.vips
    import heritage3d.mesh.reading

    # Compiled loops are compiled once, before the clock of any file runs.
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1/1 2/1 3/1\nvt 0 0\n"), ("a.stl", _STL)):
            (Path(folder) / name).write_text(text)
            heritage3d.mesh.reading.read(Path(folder) / name)
    warnings.simplefilter("error")  # a warning of numpy on bad numbers would be noise on a person's screen
    for name in json.load(sys.stdin):
        print(json.dumps(_forked(Path(name)).__dict__), flush=True)


if __name__ == "__main__":
    _main()
