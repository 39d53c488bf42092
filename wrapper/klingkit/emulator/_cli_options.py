"""The options of the command line, each read into what the emulator takes."""

import argparse
import math
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar, get_args

from klingkit.emulator import _json
from klingkit.emulator._option_checks import BASE, KEY, is_base, is_key
from klingkit.emulator.apis._services import Dialect
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.http._host_check import hosts
from klingkit.emulator.http._tls import see
from klingkit.emulator.tasks._finish import AfterQueries, AfterSeconds, Finish
from klingkit.emulator.tasks._table import KEPT
from klingkit.emulator.webhooks._post import networks
from klingkit.emulator.webhooks._signing import check_key

Value = TypeVar("Value")


def parser() -> argparse.ArgumentParser:
    """What reads the options."""
    found = argparse.ArgumentParser(
        prog="python -m klingkit.emulator",
        description="Emulate the documented APIs on a port: no key, no money.",
    )
    _add_server(found)
    _add_finish(found)
    _add_apis(found)
    _add_troubles(found)
    return found


def _add_server(found: argparse.ArgumentParser) -> None:
    add = found.add_argument
    add("--host", type=_reading(_host), default="127.0.0.1", help="an IP address of this machine (127.0.0.1)")
    add("--port", type=_reading(_port), default=8900, help="0 takes a free one (8900)")
    add(
        "--allow-host",
        type=_reading(_name),
        action="append",
        default=[],
        metavar="NAME",
        help="the page answers to this name, too",
    )
    add(
        "--public-url",
        type=_reading(_base),
        metavar="URL",
        help="what films are named by, where it is reached by another name than requests show it",
    )
    _add_tls(found)
    add("--database", metavar="PATH", help="an SQLite file in which tasks survive a restart")
    add("--kept", type=_reading(_count), default=KEPT, metavar="N", help=f"tasks that are kept ({KEPT})")
    add("--seed", type=_reading(_whole), default=0, help="task ids are drawn from it (0)")


def _add_tls(found: argparse.ArgumentParser) -> None:
    add = found.add_argument
    add(
        "--tls-cert",
        type=_reading(partial(_pem, what="CERTIFICATE")),
        metavar="FILE",
        help="serve by https, with this certificate (PEM)",
    )
    add(
        "--tls-key",
        type=_reading(partial(_pem, what="PRIVATE KEY")),
        metavar="FILE",
        help="the certificate's key, if it is not in the same file",
    )


def _add_finish(found: argparse.ArgumentParser) -> None:
    finish = found.add_mutually_exclusive_group()
    finish.add_argument(
        "--finish-after",
        type=_reading(_seconds),
        dest="finish",
        metavar="SECONDS",
        default=AfterSeconds(2),
        help="how long each task takes (2)",
    )
    finish.add_argument(
        "--after-queries",
        type=_reading(_queries),
        dest="finish",
        metavar="N",
        help="let the Nth query of a task find it finished, instead",
    )
    finish.add_argument(
        "--by-hand",
        action="store_const",
        dest="finish",
        const=AfterSeconds(math.inf),
        help="let tasks end on the page only, instead",
    )


def _add_apis(found: argparse.ArgumentParser) -> None:
    add = found.add_argument
    add("--dialect", choices=get_args(Dialect), default="documents", help="how the APIs are spoken (documents)")
    add(
        "--key",
        type=_reading(_key),
        action="append",
        default=[],
        help="an API key there is; without any, every key is one",
    )
    add(
        "--access-key",
        type=_reading(_access),
        action="append",
        default=[],
        metavar="ACCESS:SECRET",
        help="an access key of Kling's there is, and the secret that signs its tokens",
    )
    add("--slots", type=_reading(_count), metavar="N", help="tasks of a key that may be unfinished at once")
    add("--rate", type=_reading(_count), metavar="N", help="tasks a key may make in 10 seconds")


def _add_troubles(found: argparse.ArgumentParser) -> None:
    add = found.add_argument
    add(
        "--sign",
        type=_reading(_signing),
        action="append",
        default=[],
        metavar="API=KEY",
        help="sign callbacks of kie (any text), native or relay (whsec_...)",
    )
    add(
        "--allow-callback",
        type=_reading(_network),
        action="append",
        default=[],
        metavar="CIDR",
        help="callbacks may go to this network, too",
    )
    add(
        "--fault",
        type=_reading(_fault),
        action="append",
        default=[],
        metavar="JSON",
        help='what goes wrong, like {"kind": "drop", "times": 1}; or a kind alone',
    )


def _reading(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """Let the command line say what is wrong with a value, and with which."""

    def reading(text: str) -> Value:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error

    return reading


def _host(text: str) -> str:
    return str(ip_address(text))


def _name(text: str) -> str:
    hosts("allow_hosts", [text])
    return text


def _port(text: str) -> int:
    port = _whole(text)
    if not 0 <= port <= 65535:
        raise ValueError("must be 0 to 65535")
    return port


def _base(text: str) -> str:
    if not is_base(text):
        raise ValueError(f"must be {BASE}")
    return text.rstrip("/")


def _pem(text: str, what: str) -> str:
    see(text, what)
    return text


def _key(text: str) -> str:
    if not is_key(text):
        raise ValueError(f"must be {KEY}")
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


def _access(text: str) -> tuple[str, str]:
    return _pair(text, ":", "ACCESS:SECRET")


def _signing(text: str) -> tuple[str, str]:
    api, key = _pair(text, "=", "API=KEY")
    check_key(api, key)
    return api, key


def _pair(text: str, mark: str, form: str) -> tuple[str, str]:
    left, _, right = text.partition(mark)
    if not (left and right):
        raise ValueError(f"must be {form}")
    return left, right


def _network(text: str) -> str:
    networks([text])
    return text


def _fault(text: str) -> Fault:
    given: dict[str, Any] = _json.read_object(text.encode()) if text.startswith("{") else {"kind": text}
    return Fault.from_json(given)
