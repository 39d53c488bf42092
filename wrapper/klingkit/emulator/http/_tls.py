"""Certificates for serving by https."""

import ssl
from os import PathLike
from pathlib import Path
from typing import TypeAlias

Tls: TypeAlias = tuple[str | PathLike[str], str | PathLike[str] | None]
"""PEM files of a certificate and its key; None: the key is in the certificate's file."""


def server_context(tls: Tls) -> ssl.SSLContext:
    """Return the SSL context of a server.

    Raises:
        ValueError: a file can't be read or has no such part, or certificate and key don't belong together.
    """
    certificate, key = tls[0], tls[1] or tls[0]
    for file, part in ((certificate, "CERTIFICATE"), (key, "PRIVATE KEY")):
        try:
            check_pem(file, part)
        except ValueError as error:
            raise ValueError(f"tls: {str(file)!r}: {error}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        files = f"{str(certificate)!r} and {str(key)!r}"
        raise ValueError(f"tls: {files} must belong together, undamaged and without a password ({error})") from error
    return context


def check_pem(file: str | PathLike[str], part: str) -> None:
    """Check that a PEM file contains such a part.

    Raises:
        ValueError: it does not, or it can't be read.
    """
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise ValueError(f"can't be read: {error.strerror}") from error
    if f"{part}-----".encode() not in content:
        raise ValueError(f"must be a PEM file with a {part}")
