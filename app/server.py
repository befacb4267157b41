"""The explorer as a web server: Streamlit's pages, the explorer's JavaScript, and the channels' pictures.

``streamlit run app/server.py``, which ``summit-graph explore`` does, serves it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from threading import Thread

from explorer import pages
from explorer.assets import Preloading, asset_routes
from explorer.class_search import class_routes
from explorer.files import picture_routes
from explorer.hosts import OnlyKnownHosts
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit import get_option
from streamlit.starlette import App

from summit_graph.settings import ExplorerSettings, ServerSettings

HERE = Path(__file__).parent
#: Time between SIGTERM and a forced exit.
END_SECONDS = 10


def end_with_command() -> None:
    """Exit when the command that started this process exits: standard input is then closed."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_SECONDS)
    os._exit(1)


if ServerSettings().starter:
    Thread(target=end_with_command, daemon=True).start()


def import_pages() -> None:
    """Import all pages while the browser starts: the first one that it asks for would take seconds longer."""
    for page in iter_modules(pages.__path__, f"{pages.__name__}."):
        import_module(page.name)


Thread(target=import_pages, daemon=True).start()


def not_here(request: Request) -> Response:
    """On ``/graph`` Streamlit's page first checks whether Streamlit is served below ``/graph``; it is not.

    The browser logs a 404 as an error, but not a 300.
    """
    return Response(status_code=300)


#: The path at which a proxy serves the explorer: "" or "/path".
BASE = f"/{get_option('server.baseUrlPath').strip('/')}".rstrip("/")

app = App(
    HERE / "main.py",
    routes=[
        *asset_routes(BASE),
        *picture_routes(BASE),
        *class_routes(BASE),
        Route(BASE + "/{page}/_stcore/{question:path}", not_here),
    ],
    middleware=[
        Middleware(OnlyKnownHosts, served=get_option("server.address"), more=ExplorerSettings().more_hosts),
        Middleware(Preloading),
    ],
)
