"""The command ``heritage3d serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heritage3d import messages
from heritage3d.messages import command as said

SUMMARY = said("serve", "Show the published output in the browser of this computer.")


def serve(
    out: Annotated[Path, typer.Argument(help=said("tree", "Published folder, package, or a copy of one"))],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=said("port", "Port"))] = 8000,
    host: Annotated[
        str, typer.Option("--host", help=said("host", "Address to listen on; only this computer by default"))
    ] = "127.0.0.1",
    https: Annotated[
        bool,
        typer.Option("--https", help=said("serve.https", "With a certificate made on the spot: headsets need it")),
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
