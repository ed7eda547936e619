"""Sixty names that want to lead out of a folder, or that some system understands otherwise than another."""

from __future__ import annotations

SECRET = "secret-7421.txt"


def vectors(secret: str) -> list[str]:
    """The names; ``secret`` is the absolute path of a file that nobody may read."""
    up = [f"{'../' * depth}{SECRET}" for depth in (1, 2, 3, 8)]
    backwards = [f"{'..' + chr(92) * 1}" * depth + SECRET for depth in (1, 2, 8)]
    encoded = [
        f"%2e%2e/{SECRET}", f"%2e%2e%2f{SECRET}", f"..%2f{SECRET}", f"..%5c{SECRET}", f"%252e%252e%252f{SECRET}",
        f"..%c0%af{SECRET}", f"..%u2215{SECRET}", f".%2e/{SECRET}", f"%2e./{SECRET}", f"..%00/{SECRET}",
    ]  # fmt: skip
    absolute = [
        secret, f"/{secret}", f"//{secret}", f"file://{secret}", f"file:{secret}", f"FILE://localhost{secret}",
        f"\\\\?\\{secret}", f"\\\\127.0.0.1\\c$\\{SECRET}", f"//127.0.0.1/share/{SECRET}", f"C:\\{SECRET}",
        f"C:{SECRET}",
        f"c:/{SECRET}", f"\\{SECRET}", f"%SystemRoot%\\{SECRET}", f"~/{SECRET}", f"~root/{SECRET}",
    ]  # fmt: skip
    mixed = [
        f"a/../../{SECRET}", f"./../{SECRET}", f"a/./../../{SECRET}", f"pages/../../{SECRET}", f"..//{SECRET}",
        f"...//{SECRET}", f"..;/{SECRET}", f".../{SECRET}", f"a//..//..//{SECRET}", f" ../{SECRET}", f"../{SECRET} ",
        f"..\u2044{SECRET}", f"\uff0e\uff0e/{SECRET}", f"..\uff0f{SECRET}", f"\u2025/{SECRET}", f"..\t/{SECRET}",
    ]  # fmt: skip
    strange = [
        f"../{SECRET}\0.tif", "\0", "..", ".", "con", "nul.tif", "COM1.jpg", "aux", "/dev/zero", "/proc/self/environ",
        "a" * 256, "a/" * 2048 + "b",
    ]  # fmt: skip
    every = [*up, *backwards, *encoded, *absolute, *mixed, *strange]
    return list(dict.fromkeys(every))[:60]
