"""Check of host names: pages of other sites must not reach the explorer through the user's browser.

A page of another site can send requests here in two ways: across origins (``Origin`` is its own), or, if its
name resolves to this machine (DNS rebinding), under its own name (``Host``). The explorer is started for
neither name, so both are refused, for HTTP requests and for WebSockets.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL = ("localhost", "127.0.0.1", "::1")
#: Values that mean all addresses of a machine; Streamlit's default is also all of them.
EVERYWHERE = (None, "", "0.0.0.0", "::")


def is_allowed(host: str | None, origin: str | None, *, served: str | None, more: Sequence[str] = ()) -> bool:
    """Whether a request with these headers comes from a page of the explorer.

    Args:
        host, origin: the headers; programs other than browsers send no ``Origin``.
        served: the address that the explorer is served at.
        more: names that a proxy serves it as, with or without a port.
    """
    name = _name_of(f"//{host}")
    if not host or name is None or not (_is_served(name, served) or _is_among(host, name, more)):
        return False
    if origin is None:
        return True
    page = _name_of(origin)
    if page is None:
        return False
    netloc = urlsplit(origin).netloc  # differs from the host if a proxy does not forward it
    return netloc.lower() == host.lower() or _is_among(netloc, page, more)


def is_local(*, served: str | None, base: str, more: Sequence[str]) -> bool:
    """Whether the explorer is served to this machine only.

    Args:
        served: the address that it is served at.
        base, more: the path and the names that a proxy serves it as; a proxy may pass on other machines.
    """
    return served in LOCAL and not base.strip("/") and not more


def _name_of(address: str) -> str | None:
    """The host's name, without port; None if there is none or the address has other parts."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment or not parts.hostname:
        return None
    return parts.hostname.rstrip(".")


def _is_served(name: str, served: str | None) -> bool:
    if name in LOCAL:
        return served in (*EVERYWHERE, *LOCAL)
    if served in EVERYWHERE:
        return _is_address(name) or name in _machine_names()
    return name == str(served).lower()


def _is_address(name: str) -> bool:
    """Whether the name is an IP address: no other site can use one as its name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _machine_names() -> set[str]:
    return {socket.gethostname().lower(), socket.getfqdn().lower()}


def _is_among(netloc: str, name: str, names: Sequence[str]) -> bool:
    return any(one.lower() in (netloc.lower(), name) for one in names)


class OnlyKnownHosts:
    """Refuses requests of other sites' pages before they are processed."""

    def __init__(self, app: ASGIApp, *, served: str | None, more: Sequence[str]) -> None:
        self.app = app
        self.served = served
        self.more = more

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            host, origin = headers.get("host"), headers.get("origin")
            if not is_allowed(host, origin, served=self.served, more=self.more):
                await _refuse(scope, receive, send, host, origin)
                return
            # Streamlit would check it again, and would query a web service for this machine's address.
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"origin"]
        await self.app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, host: str | None, origin: str | None) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
        return
    await PlainTextResponse(
        f"The explorer was not started for the host {host!r}"
        + (f" and pages of {origin!r}" if origin else "")
        + ".\nIf a proxy serves it under that name, add: summit-graph explore --allow-host NAME\n",
        status_code=403,
    )(scope, receive, send)
