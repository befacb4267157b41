"""The components' JavaScript as one script, which a browser asks for once and keeps.

``assets/`` has some fifty modules. Each would be a request that begins when the module which imports it has
arrived. As one script, whose address changes with its text, they are one request, and it begins with the
page: before Streamlit's own scripts have run.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from summit_graph.display.bundle import bundle_modules

ASSETS = Path(__file__).parent.parent / "assets"
#: The components, by the names of their modules.
COMPONENTS = ("chart", "class_choice", "gallery", "graph", "motifs", "overview")
_DIGITS = 16
_YEAR = 365 * 24 * 3600


@cache
def _script() -> str:
    """A module that exports ``modules``, as ``bundle_modules`` makes it."""
    return bundle_modules(ASSETS, *(f"{name}.js" for name in COMPONENTS)) + "\nexport { modules };\n"


@cache
def script_url() -> str:
    """The address of the script, relative to the page."""
    return f"summit/assets/{sha256(_script().encode()).hexdigest()[:_DIGITS]}.js"


def asset_routes(base: str) -> list[Route]:
    """The route of the script, below a base path ("" or "/path")."""
    return [Route(base + "/summit/assets/{name}", _answer)]


def _answer(request: Request) -> Response:
    if not script_url().endswith(f"/{request.path_params['name']}"):
        return PlainTextResponse("this is not the script of this version: reload the page", 404)
    headers = {
        "Cache-Control": f"public, max-age={_YEAR}, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(_script(), media_type="text/javascript", headers=headers)


class Preloading:
    """Names the script in the headers of each page, so that browsers load it beside Streamlit's scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An answer without the page (304) has the header too: it replaces the one that the browser kept."""

        async def send_with_link(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("link", f"<{script_url()}>; rel=modulepreload")
            await send(message)

        is_page = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        await self.app(scope, receive, send_with_link if is_page else send)
