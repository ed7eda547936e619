"""Many browsers at once, on the server of `heritage3d serve`: `python -m tests.exhibit.load TREE --seconds 60`.

Each client keeps one connection and asks for random files of the tree, as browsers do: whole, a range, only if it
changed, compressed, and now and then what is hidden, outside or absent. Every answer is held against the file.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil

from heritage3d.exhibit.serving import content_type

ROOT = Path(__file__).resolve().parents[2]
BIGGEST = 4 << 20  # bytes of a file that is asked for whole
FORBIDDEN = ("/.heritage3d/ledger.sqlite", "/%2e%2e/etc/passwd", "/absent.json", "/objects/..%2f.heritage3d/claim")


@dataclass
class Told:
    """What the clients met."""

    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    sent: int = 0


def files_of(tree: Path) -> list[tuple[str, Path]]:
    """(address, file) of everything that is published."""
    return [
        ("/" + quote(path.relative_to(tree).as_posix()), path)
        for path in sorted(tree.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(tree).parts)
    ]


def ask(line: http.client.HTTPConnection, address: str, path: Path, chance: random.Random) -> tuple[str, str, int]:
    """One request in one of its forms: its form, what is wrong with the answer, bytes that came."""
    size = path.stat().st_size
    form = chance.choice(["whole", "range", "known", "packed", "hidden"] if size <= BIGGEST else ["range"])
    headers: dict[str, str] = {}
    first = chance.randrange(max(1, size))
    last = min(first + 65_535, size - 1)
    if form == "range":
        headers["Range"] = f"bytes={first}-{last}"
    if form == "packed":
        headers["Accept-Encoding"] = "gzip"
    if form == "hidden":
        line.request("GET", chance.choice(FORBIDDEN))
        answer = line.getresponse()
        return form, "" if answer.status == 404 and len(answer.read()) < 100 else f"{answer.status}", 0
    line.request("GET", address, headers=headers)
    answer = line.getresponse()
    body = answer.read()
    if form == "known":
        tag = answer.getheader("ETag", "")
        line.request("GET", address, headers={"If-None-Match": tag})
        again = line.getresponse()
        again.read()
        if again.status != 304 or not tag:
            return form, f"{again.status} for a known tag", len(body)
    content = path.read_bytes()
    wanted = content[first : last + 1] if form == "range" and size else content
    got = gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body
    status = {206} if form == "range" and len(wanted) < size else {200, 206} if form == "range" else {200}
    if not size and form == "range":
        status = {416}
    good = answer.status in status and got == wanted and answer.getheader("Content-Type") == content_type(path)
    return form, "" if good or status == {416} else f"{answer.status}, {len(got)} of {len(wanted)} bytes", len(body)


def client(port: int, files: list[tuple[str, Path]], end: float, number: int, told: Told, lock: threading.Lock) -> None:
    """Ask until the time is over."""
    chance = random.Random(number)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    counted: Counter[str] = Counter()
    faults: list[str] = []
    sent = 0
    while time.monotonic() < end:
        address, path = chance.choice(files)
        try:
            form, fault, size = ask(line, address, path, chance)
        except (OSError, http.client.HTTPException) as error:
            form, fault, size = "lost", f"{type(error).__name__}: {error}", 0
            line.close()
        counted[form] += 1
        sent += size
        if fault:
            faults.append(f"{address} {form}: {fault}")
    line.close()
    with lock:
        told.answers += counted
        told.faults += faults
        told.sent += sent


def load(port: int, tree: Path, clients: int, seconds: float) -> Told:
    """Let so many clients ask for so long."""
    told, lock, files = Told(), threading.Lock(), files_of(tree)
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=client, args=(port, files, end, number, told, lock)) for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def main() -> int:
    """Serve a tree with the command itself, load it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("tree", type=Path)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    program = "import sys; from heritage3d.cli import main; sys.argv[1:1] = ['serve']; main()"
    server = subprocess.Popen(
        [sys.executable, "-u", "-c", program, str(options.tree), "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        port = int(line.rpartition(":")[2].partition("/")[0])
        watched = psutil.Process(server.pid)
        sizes = []
        for part in range(4):  # memory after each quarter
            told = load(port, options.tree, options.clients, options.seconds / 4)
            sizes.append(watched.memory_info().rss / 1e6)
            asked = sum(told.answers.values())
            rate = asked / (options.seconds / 4)
            print(f"quarter {part + 1}: {asked:,} requests, {rate:,.0f} a second, {told.sent / 1e6:,.0f} MB, "
                  f"{len(told.faults)} faults, server {sizes[-1]:.0f} MB, {watched.num_threads()} threads; "
                  f"{dict(told.answers)}", flush=True)  # fmt: skip
            for fault in told.faults[:5]:
                print(f"    {fault}")
            if told.faults:
                return 1
    finally:
        server.terminate()
        server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
