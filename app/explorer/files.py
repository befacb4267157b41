"""The routes of the channels' pictures: ``summit/pictures/<network>/<kind>/<layer>/<index>``.

Only files that are listed among a network's pictures and have the ending of an image are served: an HTML or
SVG file could run scripts. A missing picture is replaced by a placeholder.
"""

from __future__ import annotations

import time
from pathlib import Path
from threading import Lock

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from explorer.database import opened, require_answer
from summit_graph.errors import UnknownNameError
from summit_graph.images.files import has_image_ending
from summit_graph.pictures.index import Pictures, placeholder_svg
from summit_graph.records import Channel
from summit_graph.views.pictures import read_pictures

#: How long browsers and this process cache pictures: rendering changes them.
PICTURE_SECONDS = 60
_LOCK = Lock()
_kept: dict[str, tuple[float, Pictures]] = {}


def picture_routes(base: str) -> list[Route]:
    """The routes of feature visualizations and of dataset examples, below a base path ("" or "/path")."""
    return [
        Route(base + "/summit/pictures/{network}/{kind}/{layer:path}/{index:int}", _picture),
        Route(base + "/summit/examples/{network}/{layer:path}/{index:int}/{rank:int}", _example),
    ]


def pictures_of(network: str) -> Pictures:
    """A network's pictures, read once a minute.

    Raises:
        SummitGraphError: the network does not exist, its picture index is damaged, or the database does not
            answer.
    """
    with _LOCK:  # a page requests dozens of pictures at once: one request reads, the others wait
        since, pictures = _kept.get(network, (-float("inf"), Pictures()))
        if time.monotonic() - since > PICTURE_SECONDS:
            pictures = _read(network)
            _kept[network] = time.monotonic(), pictures
        return pictures


def _read(network: str) -> Pictures:
    require_answer()  # a frozen database must not block all threads that serve files
    found = opened()
    with found.plain_errors():
        return read_pictures(found.database, network)


def _asked_for(request: Request) -> Pictures:
    """The pictures of the requested network; none if it does not exist."""
    try:
        return pictures_of(request.path_params["network"])
    except UnknownNameError:
        return Pictures()


def _picture(request: Request) -> Response:
    channel = Channel(request.path_params["layer"], request.path_params["index"])
    file = _asked_for(request).file_of(channel, request.path_params["kind"])
    return picture_response(file, channel)


def _example(request: Request) -> Response:
    channel = Channel(request.path_params["layer"], request.path_params["index"])
    examples = _asked_for(request).examples_of(channel)
    rank = request.path_params["rank"]
    return picture_response(examples[rank].thumbnail if 0 <= rank < len(examples) else None, channel)


def picture_response(file: Path | None, channel: Channel) -> Response:
    """The picture in the file; a placeholder if there is none, or the file is not a picture."""
    if file is None or not (has_image_ending(file.name) and file.is_file()):
        return Response(
            placeholder_svg(channel), media_type="image/svg+xml", headers={"Cache-Control": "no-store"}
        )
    headers = {"Cache-Control": f"max-age={PICTURE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, headers=headers)
