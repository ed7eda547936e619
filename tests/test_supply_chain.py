"""What the project stands on: licences that are allowed and listed, locked files, and no need for a network."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.conftest import Batch

ROOT = Path(__file__).resolve().parents[1]
# TOST is the Apache licence with other words about trademarks (OpenUSD).
# GPL and AGPL never; the LGPL of libvips is that of a library which everybody may exchange.
ALLOWED = re.compile(
    r"(MIT(-0|-CMU)?|0BSD|BSD-[23]-Clause|Apache-2\.0( WITH LLVM-exception)?|ISC|MPL-2\.0|PSF-2\.0|Zlib|CC0-1\.0|"
    r"LGPL-3\.0-or-later|LicenseRef-TOST-1\.0|Public Domain)"
)


def _bill() -> Any:
    told = importlib.util.spec_from_file_location("bill", ROOT / "tools" / "bill.py")
    assert told is not None
    assert told.loader is not None
    module = importlib.util.module_from_spec(told)
    told.loader.exec_module(module)
    return module


bill = _bill()


@pytest.mark.parametrize(("name", "entry"), bill.needed(("samples", "test")).items(), ids=lambda value: str(value)[:30])
def test_every_licence_is_allowed(name: str, entry: Any) -> None:
    words = re.split(r" AND | OR |[()]", bill.licence(entry))
    assert words
    assert [word for word in words if word.strip() and not ALLOWED.fullmatch(word.strip())] == [], name


def test_every_dependency_is_listed_with_its_licence() -> None:
    listed = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    missing = [name for name in bill.needed() if f"| {name} |" not in listed]
    assert missing == [], "write docs/dependencies.md again: python tools/bill.py build"


def test_the_bill_of_materials_names_everything(tmp_path: Path) -> None:
    told = bill.bill(bill.needed())
    assert told["bomFormat"] == "CycloneDX"
    names = {part["name"] for part in told["components"]}
    assert {"pyvips", "dask", "cryptography", "numpy"} <= names
    assert json.dumps(told) == json.dumps(bill.bill(bill.needed()))


def test_the_lock_names_every_file_by_its_digest() -> None:
    lock = ROOT / "requirements.lock"
    if not lock.is_file():
        pytest.skip("requirements.lock is made for a release: tools/bill.py, from a report of pip")
    lines = lock.read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==[^ ]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert set(bill.needed()) <= names | {"heritage3d"}


LOOPBACK = """
import fcntl, socket, struct, sys
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up and running
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError:
    pass
else:
    sys.exit("there is a network")
import tests.crash.command
from heritage3d.cli import main
main()
"""


def _may_cut() -> bool:
    program = shutil.which("unshare")
    return program is not None and subprocess.run([program, "-rn", "true"], check=False).returncode == 0


@pytest.mark.skipif(not _may_cut(), reason="this system lets nobody cut the network")
def test_the_main_job_needs_no_network(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    batch.object("a", "one", "two")
    batch.sheet("a,Alpha")
    command = ["unshare", "-rn", sys.executable, "-c", LOOPBACK, "run", str(batch.workflow), str(batch.captures)]
    done = subprocess.run(
        [*command, "--out", str(batch.out), "--workers", "1"],
        cwd=ROOT,
        env={**os.environ, "H3D_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (batch.out / "objects" / "a" / "manifest.json").is_file()
