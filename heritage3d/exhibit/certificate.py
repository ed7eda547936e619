"""A certificate for the local network, made on the spot: browsers give WebXR only to pages that came by HTTPS.

Nobody vouches for it, so the browser asks once; its fingerprint lets a careful visitor compare. The key lives as
long as the server does and is never kept.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
import ssl
import tempfile
from pathlib import Path

from heritage3d.exhibit.serving import Site

_DAYS = 7  # an exhibition's set-up; browsers refuse more than 825


def secure(server: Site) -> str:
    """Let the server speak TLS from now on; the SHA-256 fingerprint of its fresh certificate."""
    certificate, key, fingerprint = make(reachable(server))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    handle, name = tempfile.mkstemp(suffix=".pem")  # readable by its owner only
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(certificate + key)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    # The handshake is left to the thread of each visitor: one that never ends it must not stop the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return fingerprint


def make(hosts: list[str]) -> tuple[bytes, bytes, str]:
    """Certificate and key (PEM) for these addresses, and the fingerprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())  # Ed25519 certificates are unknown to browsers
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "heritage3d")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))  # clocks of headsets run behind
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_named(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fingerprint = made.fingerprint(hashes.SHA256()).hex(":").upper()
    return made.public_bytes(serialization.Encoding.PEM), secret, fingerprint


def _named(host: str):  # type: ignore[no-untyped-def]  # a type of a library that is imported late
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def reachable(server: Site) -> list[str]:
    """The addresses at which this computer may be found: the one that is bound, or all where all are."""
    host = str(server.server_address[0])
    if host not in {"0.0.0.0", "::"}:  # noqa: S104  compared, not bound
        return list(dict.fromkeys([host, "localhost"])) if host.startswith("127.") else [host]
    return list(dict.fromkeys([*_outward(), "127.0.0.1", "localhost"]))


def _outward() -> list[str]:
    """The address by which the local network knows this computer; a datagram socket sends nothing to learn it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: only the route is looked up
            return [str(probe.getsockname()[0])]
        except OSError:
            return []


def addresses_of(server: Site) -> list[str]:
    """Where a browser finds the server."""
    port = int(server.server_address[1])
    return [f"https://{host}:{port}/" for host in reachable(server) if host != "localhost"]
