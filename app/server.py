"""The explorer as a web server: Streamlit's pages, and beside them our JavaScript and the channels' pictures.

``streamlit run app/server.py``, which ``summit-graph explore`` does, serves it.
"""

from __future__ import annotations

from pathlib import Path

from explorer.files import picture_routes
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from streamlit.starlette import App

HERE = Path(__file__).parent


def not_here(request: Request) -> Response:
    """On ``/graph`` Streamlit first asks whether it is served below ``/graph``: no, and no error either.

    A 404 would stand in the browser's console as one; 300 is as little an answer, and quiet.
    """
    return Response(status_code=300)


app = App(
    HERE / "main.py",
    routes=[
        Mount("/summit/assets", StaticFiles(directory=HERE / "assets")),
        *picture_routes(),
        Route("/{page}/_stcore/{question:path}", not_here),
    ],
)
