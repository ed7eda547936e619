"""Unpack meshoptimizer's simplifier: the WebAssembly that its JavaScript module carries as text.

Nothing but the standard library: the build hook loads this file alone, to write ``meshopt_simplifier.wasm``
into the wheel from ``node_modules/meshoptimizer/meshopt_simplifier.js`` (MIT).
"""

from __future__ import annotations

import re


def unpack(javascript_text: str) -> bytes:
    """The wasm bytes that ``meshopt_simplifier.js`` carries, as its own ``unpack`` makes them.

    Raises ValueError where the text is not of that form or does not give a WebAssembly module.
    """
    packed = re.search(r"wasm\s*=\s*'([^']+)'", javascript_text)
    table = re.search(r"wasmpack\s*=\s*new Uint8Array\(\[([\d,\s]+)\]\)", javascript_text)
    if not packed or not table:
        raise ValueError("this is not meshoptimizer's simplifier module")
    common = [int(word) for word in table.group(1).split(",") if word.strip()]
    digits = [_digit(ord(character)) for character in packed.group(1)]
    result = bytearray()
    at = 0
    while at < len(digits):
        if digits[at] < 60:
            result.append(common[digits[at]])
            at += 1
        else:
            result.append((digits[at] - 60) * 64 + digits[at + 1])
            at += 2
    if result[:4] != b"\0asm":
        raise ValueError("the packed text gives no WebAssembly module")
    return bytes(result)


def _digit(code: int) -> int:
    """a-z are 0 to 25, A-Z 26 to 51, 0-9 and beyond 52 to 63."""
    if code > 96:
        return code - 97
    return code - 39 if code > 64 else code + 4
