"""What classes are found by: names, synonyms, numbers, concepts above them; read once per network version.

The overview passes it to its list. Fields that choose a class read it from ``summit/classes``, so that a page
with such a field does not send it again at each run.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from explorer.database import opened, require_answer
from explorer.scene import Scene, classes_of
from summit_graph.display.page_data import ClassSearchData
from summit_graph.errors import SummitGraphError, UnknownNameError
from summit_graph.views.classes import other_names
from summit_graph.views.finding import list_concepts
from summit_graph.views.opening import find_network
from summit_graph.views.state import read_version

#: How long a browser keeps an answer for the next page that it opens.
KEPT_BY_BROWSER = 60
_PATH = "summit/classes"


def class_routes(base: str) -> list[Route]:
    """The route of what classes are found by, below a base path ("" or "/path")."""
    return [Route(f"{base}/{_PATH}", _answer)]


def class_search_url(scene: Scene) -> str:
    """The address of what the scene's classes are found by, relative to the page."""
    return f"{_PATH}?{urlencode({'network': scene.network.name, 'version': scene.version})}"


@st.cache_resource(max_entries=8, show_spinner=False)
def class_search(network: str, version: str) -> ClassSearchData:
    """What the classes of a network are found by; callers must not change it."""
    classes = classes_of(network, version)
    concepts = list_concepts(opened().database, network, classes)
    return {
        "classes": [{"name": one.name, "title": one.title, "names": other_names(one)} for one in classes],
        "concepts": [{"names": list(names), "members": members} for names, members in concepts],
    }


def _answer(request: Request) -> Response:
    try:
        require_answer()
        text = _read(request.query_params.get("network", ""))
    except UnknownNameError as error:
        return Response(str(error), 404, media_type="text/plain")
    except SummitGraphError as error:
        return Response(str(error), 503, media_type="text/plain")
    headers = {"Cache-Control": f"private, max-age={KEPT_BY_BROWSER}", "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type="application/json", headers=headers)


def _read(network: str) -> bytes:
    """As JSON, of the version that the network has now: an address may name an old one."""
    found = opened()
    with found.plain_errors():
        name = find_network(found.database, network).name
        return _as_json(name, read_version(found.database, name))


@st.cache_resource(max_entries=8, show_spinner=False)
def _as_json(network: str, version: str) -> bytes:
    return json.dumps(class_search(network, version), ensure_ascii=False).encode()
