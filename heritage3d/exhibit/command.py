"""The commands `package` and `serve`: what they print; the work is done beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from heritage3d import messages


def _help(key: str, english: str) -> str:
    return str(messages.lookup("commands", key, messages.language()) or english)


PACKAGE = _help("package", "Package published objects for a web server, a headset, or a disk that opens by itself.")
SERVE = _help("serve", "Show the published output in the browser of this computer.")


def package(
    out: Annotated[Path, typer.Argument(help=_help("out", "Output folder"))],
    dest: Annotated[Path, typer.Argument(help=_help("package.dest", "Folder of the package: new or empty"))],
    form: Annotated[
        Literal["web", "vr", "offline"],
        typer.Option("--for", help=_help("package.for", "web: any server; vr: a headset; offline: opens by itself")),
    ],
    split: Annotated[
        str | None,
        typer.Option("--split", help=_help("package.split", "Size of one disk, such as 4.7GB: several packages")),
    ] = None,
    objects: Annotated[
        list[str] | None,
        typer.Option("--objects", help=_help("package.objects", "Only the object of this id; may be repeated")),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", help=_help("package.base", "Web address of the package; else that of the output")),
    ] = None,
) -> None:
    """Each disk of a split package is a whole package of its own."""
    from heritage3d.exhibit import packaging, volumes

    limit = volumes.bytes_of(split) if split else None
    made = packaging.package(out.absolute(), dest.absolute(), form, split=limit, objects=objects or [], base=base)
    for done in made:
        told = {"objects": done.objects, "files": done.files, "size": f"{done.size / 1e6:.1f}"}
        print(messages.text("package.done", folder=done.folder, **told))
        if done.largest > volumes.FAT32_FILE:
            print(messages.text("package.fat32"))
    print(messages.text(f"package.{form}"))


def serve(
    out: Annotated[Path, typer.Argument(help=_help("tree", "Published folder, package, or a copy of one"))],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=_help("port", "Port"))] = 8000,
    host: Annotated[
        str, typer.Option("--host", help=_help("host", "Address to listen on; only this computer by default"))
    ] = "127.0.0.1",
    https: Annotated[
        bool,
        typer.Option("--https", help=_help("serve.https", "With a certificate made on the spot: headsets need it")),
    ] = False,
) -> None:
    """Serve a folder until Ctrl-C."""
    from heritage3d.exhibit import certificate, serving
    from heritage3d.trust import bagit

    folder = out.absolute()
    server = serving.site(folder / "data" if bagit.is_bag(folder) else folder, host=host, port=port)
    if not https:
        print(messages.text("serve.at", folder=out, address=server.address), flush=True)
        serving.run(server)
        return
    fingerprint = certificate.secure(server)
    print(messages.text("serve.at", folder=out, address=" ".join(certificate.addresses_of(server))), flush=True)
    print(messages.text("serve.certificate", fingerprint=fingerprint), flush=True)
    serving.run(server)
