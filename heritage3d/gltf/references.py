"""Other files that a model names: found below its own folder, or refused."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from urllib.parse import unquote

from heritage3d.errors import CompanionMissing, GltfInvalid, UnsafeReference

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")


def confined(model: Path, reference: str) -> Path:
    """The existing regular file that ``reference`` (a relative path with /) names beside ``model``.

    Names that differ only in case are found, because captures come from Windows. Raises UnsafeReference
    for absolute paths, drives, addresses, ways out of the folder (also through links) and
    CompanionMissing where no such file is there.
    """
    shown = reference[:200]
    parts = [part for part in reference.split("/") if part not in ("", ".")]
    unsafe = reference.startswith(("/", "\\")) or _SCHEME.match(reference) or ".." in parts or "\0" in reference
    if unsafe or "\\" in reference:
        raise UnsafeReference(file=model.name, reference=shown)
    here = model.parent
    try:
        root = here.resolve()
        for part in parts:
            here = _entry(here, part)
        target = here.resolve()
        if not target.is_relative_to(root):
            raise UnsafeReference(file=model.name, reference=shown)
        found = bool(parts) and target.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long a name, a lone surrogate, a loop of links
        raise CompanionMissing(file=model.name, reference=shown) from error
    if not found:
        raise CompanionMissing(file=model.name, reference=shown)
    return here


def _entry(folder: Path, name: str) -> Path:
    if (folder / name).exists() or not folder.is_dir():
        return folder / name
    same = [entry for entry in folder.iterdir() if entry.name.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else folder / name


def is_data(uri: str) -> bool:
    """Whether the URI carries its bytes itself."""
    return uri.startswith("data:")


def data_of(model: Path, uri: str) -> bytes:
    """The bytes of a base64 ``data:`` URI. Raises GltfInvalid."""
    head, comma, text = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise GltfInvalid(file=model.name, detail="a data URI is not in base64")
    try:
        return base64.b64decode(unquote(text) if "%" in text else text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise GltfInvalid(file=model.name, detail=f"a data URI is damaged: {error}") from error


def path_of(model: Path, uri: str) -> Path:
    """The file that a relative URI of a glTF names (percent-decoded). Raises as ``confined``."""
    if _SCHEME.match(uri) or "?" in uri or "#" in uri:
        raise UnsafeReference(file=model.name, reference=uri[:200])
    return confined(model, unquote(uri))
