"""Which requests are served, by their headers: their number, the Host, and the page that has sent them.

A page of another site can make a browser on this machine send requests to the emulator: directly, or under a name of
its own that it lets resolve to this machine. Browsers name the page's origin in `Origin` and `Sec-Fetch-Site`, and the
name in `Host`; neither can be forged by a page.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from klingkit.emulator.http._asgi import Scope

MAX_HEADERS = 100
MAX_HEADER_BYTES = 32_768
MAX_URL = 16_384  # bytes of a path with its query
CLOSE = {"Connection": "close"}
READING = frozenset({"GET", "HEAD"})
SHOWN = {("no-cors", "video"), ("no-cors", "image")}  # how a page fetches what it shows without reading it

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::[0-9]{0,5})?")
_ORIGIN = re.compile(r"https?://[^/?#@\s\\]+")


@dataclass(frozen=True)
class Access:
    """Who may send requests.

    Attributes:
        hosts: names that are allowed beside this machine's own, as `normalize_hosts` returns them.
        origins: origins whose pages may use the APIs, as `normalize_origins` returns them.
        public_origin: that of the emulator's own page behind a proxy.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    public_origin: str | None = None

    def rejection(self, scope: Scope, *, at_address: bool = False, shown: bool = False) -> Response | None:
        """Return the response to a request that is not served; None: it is served.

        Args:
            scope: the request's.
            at_address: whether the Host may also be the address at which it arrived.
            shown: whether any page may show the response, as an image or a video, without reading it.
        """
        if too_large := _size_problem(scope):
            return too_large
        headers = Headers(raw=scope["headers"])
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_host(_host_name(hosts[0]), scope if at_address else None):
            return PlainTextResponse(
                f"Host is {', '.join(hosts) or 'missing or empty'}, must be this machine's or one that was allowed: "
                "allow_hosts, --allow-host NAME\n",
                421,
            )
        if self._is_from_here(headers, hosts[0], scope["method"], shown=shown):
            return None
        page = f"a page of the origin {headers['origin']}" if headers.get("origin") else "a page of another site"
        return PlainTextResponse(f"{page} has sent this request; cors, --cors ORIGIN allow one to use the APIs\n", 403)

    def allowed_origin(self, scope: Scope) -> str | None:
        """Return the origin of a page that may read the response, if it is not the emulator's own."""
        origin = Headers(raw=scope["headers"]).get("origin")
        return origin if origin in self.origins else None

    def _is_host(self, host: str | None, scope: Scope | None) -> bool:
        if host is None:
            return False
        # In process, the address is the host of the URL. On a port it is an IP address, which no name resolves to.
        arrived = str((scope.get("server") or ("", 0))[0]).lower() if scope else ""
        return host in self.hosts or is_loopback(host) or (bool(host) and host == arrived)

    def _is_from_here(self, headers: Headers, host: str, method: str, *, shown: bool) -> bool:
        origins, site = headers.getlist("origin"), headers.get("sec-fetch-site")
        if origins and all(origin in self.origins for origin in origins):
            return True
        if site in {"same-origin", "none"}:
            return True
        if site is not None and method in READING and not origins:
            fetched = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
            return fetched == ("navigate", "document") or (shown and fetched in SHOWN)
        own = {f"http://{host}", f"https://{host}", self.public_origin}
        return site is None and all(origin in own for origin in origins)


def _size_problem(scope: Scope) -> Response | None:
    """Return the response to a URL, or to headers, that are too large. It closes the connection, which holds them."""
    number, size = len(scope["headers"]), sum(len(name) + len(value) for name, value in scope["headers"])
    url = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    if url > MAX_URL:
        return PlainTextResponse(f"path and query have {url} bytes, may have {MAX_URL}\n", 414, CLOSE)
    if number > MAX_HEADERS or size > MAX_HEADER_BYTES:
        del scope["headers"][MAX_HEADERS:]  # the server would hold them until the connection is gone
        limits = f"{MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes together"
        return PlainTextResponse(f"the request has {number} headers of {size} bytes, may have {limits}\n", 431, CLOSE)
    return None


def is_loopback(host: str) -> bool:
    """Return whether this is a name or an address of the machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def normalize_hosts(option: str, hosts: Collection[str]) -> frozenset[str]:
    """Return names and addresses in the form in which Host headers are compared, without ports.

    Raises:
        ValueError: one can never be in a Host header; the error names the option and the value.
    """
    return frozenset(_normalized(option, host) for host in hosts)


def normalize_origins(option: str, origins: Collection[str]) -> frozenset[str]:
    """Return origins in the form in which browsers send them: in lower case, without the default port.

    Raises:
        ValueError: one is no origin; the error names the option and the value.
    """
    return frozenset(_normalized_origin(option, origin) for origin in origins)


def _normalized_origin(option: str, origin: str) -> str:
    scheme, _, netloc = origin.lower().partition("://")
    if not _ORIGIN.fullmatch(origin.lower()) or _host_name(netloc) is None:
        raise ValueError(
            f"{option}: an origin must be http or https with a host, like http://localhost:3000, is {origin!r}"
        )
    return f"{scheme}://{netloc.removesuffix(':80' if scheme == 'http' else ':443')}"


def _normalized(option: str, host: str) -> str:
    try:
        return str(ip_address(host))  # an IPv6 address needs no brackets here
    except ValueError:
        name = _host_name(host)
    if name is None:
        raise ValueError(f"{option}: a host must be a name or an address, like box.example, is {host!r}")
    return name


def _host_name(host: str) -> str | None:
    """Return the name or address in a Host header, without its port; None if it is invalid."""
    match = _HOST.fullmatch(host.lower())
    if match is None or match["name"]:
        return match and match["name"]
    try:
        return str(IPv6Address(match["six"]))
    except ValueError:
        return None
