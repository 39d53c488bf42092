"""The certificate that the emulator is served with over https, and its key."""

import ssl
from os import PathLike
from pathlib import Path
from typing import TypeAlias

Tls: TypeAlias = tuple[str | PathLike[str], str | PathLike[str] | None]
"""The file of a certificate and that of its key, in PEM form; None: the key is in the certificate's."""


def context(tls: Tls) -> ssl.SSLContext:
    """What a server talks TLS by.

    Raises:
        ValueError: a file can't be read or is something else, or the key is another certificate's.
    """
    certificate, key = tls[0], tls[1] or tls[0]
    for file, what in ((certificate, "CERTIFICATE"), (key, "PRIVATE KEY")):
        try:
            see(file, what)
        except ValueError as error:
            raise ValueError(f"tls: {str(file)!r}: {error}") from error
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        made.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        files = f"{str(certificate)!r} and {str(key)!r}"
        raise ValueError(f"tls: {files} must belong together, undamaged and without a password ({error})") from error
    return made


def see(file: str | PathLike[str], what: str) -> None:
    """See that there is such a part in a PEM file.

    Raises:
        ValueError: there is not, or the file can't be read.
    """
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise ValueError(f"can't be read: {error.strerror}") from error
    if f"{what}-----".encode() not in content:
        raise ValueError(f"must be a PEM file with a {what}")
