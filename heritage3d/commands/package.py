"""The command ``heritage3d package``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from heritage3d import messages
from heritage3d.messages import command as said

SUMMARY = said("package", "Package published objects for a web server, a headset, or a disk that opens by itself.")


def package(
    out: Annotated[Path, typer.Argument(help=said("out", "Output folder"))],
    dest: Annotated[Path, typer.Argument(help=said("package.dest", "Folder of the package: new or empty"))],
    form: Annotated[
        Literal["web", "vr", "ar", "offline"],
        typer.Option(
            "--for",
            help=said("package.for", "web: any server; vr: a headset; ar: phones (USDZ); offline: opens by itself"),
        ),
    ],
    split: Annotated[
        str | None,
        typer.Option("--split", help=said("package.split", "Size of one disk, such as 4.7GB: several packages")),
    ] = None,
    objects: Annotated[
        list[str] | None,
        typer.Option("--objects", help=said("package.objects", "Only the object of this id; may be repeated")),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", help=said("package.base", "Web address of the package; else that of the output")),
    ] = None,
    downloads: Annotated[
        bool,
        typer.Option("--downloads", help=said("package.downloads", "With a zip of each object to take away")),
    ] = False,
) -> None:
    """Each disk of a split package is a whole package of its own."""
    from heritage3d.exhibit import packaging, volumes

    limit = volumes.bytes_of(split) if split else None
    chosen = objects or []
    made = packaging.package(
        out.absolute(), dest.absolute(), form, split=limit, objects=chosen, base=base, takeaway=downloads
    )
    for done in made:
        told = {"objects": done.objects, "files": done.files, "size": f"{done.size / 1e6:.1f}"}
        print(messages.text("package.done", folder=done.folder, **told))
        if done.largest > volumes.FAT32_FILE:
            print(messages.text("package.fat32"))
    print(messages.text(f"package.{form}"))
