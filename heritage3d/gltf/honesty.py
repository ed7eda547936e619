"""What nobody captured, marked in the file: a vertex attribute, and a variant of the materials that hides it.

An invented primitive carries ``_INVENTED`` = 1 at every vertex (an application-specific attribute, glTF 2.0, section
3.7.2.1) and two mappings of KHR_materials_variants: "as shown", its own material, and "evidence only", a material
whose every point is cut away by its alpha. A viewer without the extension shows the model as a whole.
"""

from __future__ import annotations

from typing import Any

EXTENSION = "KHR_materials_variants"
ATTRIBUTE = "_INVENTED"
SHOWN, EVIDENCE = "as shown", "evidence only"

# MASK with an alpha below the cutoff: nothing is drawn, and nothing has to be sorted by depth as BLEND would.
_CUT = {
    "name": "cut away: not captured",
    "pbrMetallicRoughness": {"baseColorFactor": [0.5, 0.5, 0.5, 0.0], "metallicFactor": 0.0, "roughnessFactor": 1.0},
    "alphaMode": "MASK",
    "alphaCutoff": 0.5,
}


def mark(document: dict[str, Any], primitives: list[dict[str, Any]], invented: list[bool]) -> bool:
    """Add the variants to a document and to its invented primitives, in place; False where there are none.

    The materials of the document are those of the model, and are there already where it has any.
    """
    if not any(invented):
        return False
    materials = [*document.get("materials", []), _CUT]
    document["materials"] = materials
    document.setdefault("extensions", {})[EXTENSION] = {"variants": [{"name": SHOWN}, {"name": EVIDENCE}]}
    for entry, made_up in zip(primitives, invented, strict=True):
        if not made_up:
            continue
        mappings = [{"material": len(materials) - 1, "variants": [1]}]
        if "material" in entry:
            mappings.insert(0, {"material": entry["material"], "variants": [0]})
        entry.setdefault("extensions", {})[EXTENSION] = {"mappings": mappings}
    return True


def is_cut(material: dict[str, Any]) -> bool:
    """Whether this is the material that hides: it belongs to the variants, not to the model."""
    return bool(material.get("name") == _CUT["name"])
