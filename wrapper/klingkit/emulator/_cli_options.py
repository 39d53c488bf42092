"""The options of the command line, each parsed into a value that the emulator takes."""

import argparse
import math
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar

from klingkit.emulator import _json
from klingkit.emulator._option_checks import BASE_URL_RULE, KEY_RULE, is_base_url, is_key
from klingkit.emulator.apis._services import DIALECTS
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.http._access import normalize_hosts, normalize_origins
from klingkit.emulator.http._tls import check_pem
from klingkit.emulator.profiles import PROFILES
from klingkit.emulator.tasks._finish import AfterQueries, AfterSeconds, Finish
from klingkit.emulator.tasks._table import KEPT
from klingkit.emulator.webhooks._post import parse_networks
from klingkit.emulator.webhooks._signing import check_key

Value = TypeVar("Value")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = argparse.ArgumentParser(
        prog="python -m klingkit.emulator",
        description="Emulate the documented APIs on a port, without keys and costs.",
    )
    _add_server(parser)
    _add_finish(parser)
    _add_apis(parser)
    _add_callbacks(parser)
    _add_faults(parser)
    return parser


def _add_server(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", type=_parsing(_host), default="127.0.0.1", help="an IP address of this machine (127.0.0.1)")
    add("--port", type=_parsing(_port), default=8900, help="0 takes a free one (8900)")
    add(
        "--allow-host",
        type=_parsing(_name),
        action="append",
        default=[],
        metavar="NAME",
        help="accept this name as host, too",
    )
    add(
        "--cors",
        type=_parsing(_origin),
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this origin, like http://localhost:3000, use the APIs in a browser",
    )
    add(
        "--public-url",
        type=_parsing(_base_url),
        metavar="URL",
        help="base URL of videos, if clients reach the emulator under another URL, as behind a proxy",
    )
    _add_tls(parser)
    add("--database", metavar="PATH", help="an SQLite file that keeps tasks beyond a restart")
    add("--kept", type=_parsing(_count), default=KEPT, metavar="N", help=f"how many tasks are kept ({KEPT})")
    add("--seed", type=_parsing(_whole), default=0, help="task ids are drawn from it (0)")


def _add_tls(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--tls-cert",
        type=_parsing(partial(_pem, part="CERTIFICATE")),
        metavar="FILE",
        help="serve by https, with this certificate (PEM)",
    )
    add(
        "--tls-key",
        type=_parsing(partial(_pem, part="PRIVATE KEY")),
        metavar="FILE",
        help="the certificate's key, if it is not in the same file",
    )


def _add_finish(parser: argparse.ArgumentParser) -> None:
    finish = parser.add_mutually_exclusive_group()
    finish.add_argument(
        "--finish-after",
        type=_parsing(_seconds),
        dest="finish",
        metavar="SECONDS",
        default=AfterSeconds(2),
        help="how long each task takes (2)",
    )
    finish.add_argument(
        "--after-queries",
        type=_parsing(_queries),
        dest="finish",
        metavar="N",
        help="finish a task with its Nth query, instead",
    )
    finish.add_argument(
        "--by-hand",
        action="store_const",
        dest="finish",
        const=AfterSeconds(math.inf),
        help="finish tasks on the page only, instead",
    )


def _add_apis(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--dialect",
        choices=DIALECTS,
        default="document",
        help="the forms and codes of the APIs: as documented, of the official hosts, or of relays (document)",
    )
    add(
        "--key",
        type=_parsing(_key),
        action="append",
        default=[],
        help="a valid API key; without any, every key is valid",
    )
    add(
        "--access-key",
        type=_parsing(_access_key),
        action="append",
        default=[],
        metavar="ACCESS:SECRET",
        help="a valid access key of Kling, and the secret that signs its tokens",
    )
    add(
        "--accept-models",
        action="store_true",
        help="accept models that no document names, with whatever fields, unchecked",
    )
    add("--slots", type=_parsing(_count), metavar="N", help="how many tasks of a key may be unfinished at once")
    add("--rate", type=_parsing(_count), metavar="N", help="how many tasks a key may make in 10 seconds")


def _add_callbacks(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--sign",
        type=_parsing(_signing_key),
        action="append",
        default=[],
        metavar="API=KEY",
        help=f"sign callbacks of {', '.join(_keys())}",
    )
    add(
        "--allow-callback",
        type=_parsing(_network),
        action="append",
        default=[],
        metavar="CIDR",
        help="send callbacks to this network, too",
    )


def _keys() -> Iterator[str]:
    """Yield each API with the form of its signing keys."""
    for api, profile in PROFILES.items():
        yield f"{api} ({'whsec_...' if profile.standard_webhooks else 'any text'})"


def _add_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fault",
        type=_parsing(_fault),
        action="append",
        default=[],
        metavar="JSON",
        help='a fault to inject, like {"kind": "drop", "times": 1}; or a kind alone',
    )


def _parsing(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return a parser whose errors the command line reports, with the value."""

    def parsing(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error

    return parsing


def _host(text: str) -> str:
    return str(ip_address(text))


def _name(text: str) -> str:
    normalize_hosts("allow_hosts", [text])
    return text


def _origin(text: str) -> str:
    normalize_origins("cors", [text])
    return text


def _port(text: str) -> int:
    port = _whole(text)
    if not 0 <= port <= 65535:
        raise ValueError("must be 0 to 65535")
    return port


def _base_url(text: str) -> str:
    if not is_base_url(text):
        raise ValueError(f"must be {BASE_URL_RULE}")
    return text.rstrip("/")


def _pem(text: str, part: str) -> str:
    check_pem(text, part)
    return text


def _key(text: str) -> str:
    if not is_key(text):
        raise ValueError(f"must be {KEY_RULE}")
    return text


def _count(text: str) -> int:
    value = _whole(text)
    if value < 1:
        raise ValueError("must be 1 at least")
    return value


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _seconds(text: str) -> Finish:
    return AfterSeconds(float(text))


def _queries(text: str) -> Finish:
    return AfterQueries(_whole(text))


def _access_key(text: str) -> tuple[str, str]:
    return _pair(text, ":", "ACCESS:SECRET")


def _signing_key(text: str) -> tuple[str, str]:
    api, key = _pair(text, "=", "API=KEY")
    check_key(api, key)
    return api, key


def _pair(text: str, separator: str, form: str) -> tuple[str, str]:
    left, _, right = text.partition(separator)
    if not (left and right):
        raise ValueError(f"must be {form}")
    return left, right


def _network(text: str) -> str:
    parse_networks([text])
    return text


def _fault(text: str) -> Fault:
    fields: dict[str, Any] = _json.read_object(text.encode()) if text.startswith("{") else {"kind": text}
    return Fault.from_json(fields)
