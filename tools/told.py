"""The last words of `make demo`: what was made and how to look at it."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson


def main(out: Path) -> None:
    """Count what was published, from the manifests themselves."""
    files = [path for path in out.rglob("*") if path.is_file() and ".heritage3d" not in path.parts]
    objects = sorted((out / "objects").iterdir())
    print()
    for folder in objects:
        label = orjson.loads((folder / "manifest.json").read_bytes())["label"]
        title = " · ".join(values[0] for values in label.values())
        pages = len(list(folder.glob("pages/*/info.json")))
        models = sum(path.stat().st_size for path in folder.glob("models/**/*.glb"))
        made = [f"{pages} image services"] * bool(pages) + [f"models of {models / 1e6:.1f} MB"] * bool(models)
        print(f"  {folder.name:<18} {title}: {', '.join(made)}")
    total = sum(path.stat().st_size for path in files)
    print(f"\n  {len(objects)} objects, {len(files)} files, {total / 1e6:.0f} MB in {out}/")
    print(
        f"  Look at it:  {Path(sys.executable).parent / 'heritage3d'} serve {out}    then open http://127.0.0.1:8000/"
    )
    print(f"  Check it:    {Path(sys.executable).parent / 'heritage3d'} verify {out}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
