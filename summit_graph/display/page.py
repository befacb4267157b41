"""A component of the explorer as one HTML file: scripts, styles and pictures inside, no server.

Notebooks show it in a frame with the file as its text (``srcdoc``): Jupyter, VS Code and Colab allow scripts
in one, its keys and styles are its own, and one notebook can have many. All scripts are inline, because VS
Code runs no others.
"""

from __future__ import annotations

import json
import mimetypes
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from summit_graph.defaults import EXAMPLES
from summit_graph.display.bundle import bundle_modules
from summit_graph.display.page_data import (
    ChannelGroups,
    GraphContent,
    GraphData,
    InlinePictures,
    MotifsContent,
    MotifsData,
    StandaloneData,
    Subgraph,
)
from summit_graph.images.files import has_image_ending
from summit_graph.pictures.index import DIVERSITY_KINDS, MAIN_KIND, Pictures, placeholder_svg
from summit_graph.records import Channel
from summit_graph.settings import package_folder

#: Height of a frame in a notebook, in pixels: the graph's least height and its toolbar.
FRAME_HEIGHT = 640
#: Makes the HTML file of a result.
MakePage = Callable[[], str]

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<div id="component"></div>
<script type="module">
{script}
const {{ default: mount }} = modules["{component}.js"];
const {{ showAlone }} = modules["standalone.js"];
showAlone(document.getElementById("component"), mount, {standalone}, {data});
</script>
</body>
</html>
"""


def graph_page(
    content: GraphContent,
    pictures: Pictures,
    *,
    examples_command: str | None,
    provenance: Mapping[str, str],
    subgraph: Subgraph | None = None,
    groups: ChannelGroups | None = None,
) -> str:
    """The graph of one class, or of several compared ones, as an HTML file.

    Args:
        examples_command: finds patches; None for an imported network.
        subgraph: what the user has pinned; None where channels cannot be pinned.
        groups: of channels, as nodes; None to draw the channels only.
    """
    data: GraphData = {
        **content,
        "key": "",
        "answered": 0,
        "place": "",
        "highlight": [],
        "highlighted_by": "",
        "selected": None,
        "channel_url_prefix": "",
        "examples_command": examples_command,
        "expandable": False,
        "expanded": [],
        "subgraph": subgraph,
        "channel_groups": groups,
        "embedded": False,
        "provenance": dict(provenance),
    }
    channels = [Channel.parse(node["id"]) for node in content["nodes"]]
    return _page("graph", content["heading"], data, inline_pictures(channels, pictures))


def motifs_page(content: MotifsContent, pictures: Pictures, *, provenance: Mapping[str, str]) -> str:
    """A list of motifs as an HTML file."""
    data: MotifsData = {**content, "key": "motifs", "provenance": dict(provenance)}
    named = {one["channel"] for motif in content["motifs"] for one in motif["channels"]}
    shown = inline_pictures(map(Channel.parse, sorted(named)), pictures, only_main=True)
    return _page("motifs", content["heading"], data, shown)


def frame_of(page: str, *, title: str) -> str:
    """The HTML of a notebook's cell that shows a page, without access to the notebook."""
    return (
        f'<iframe srcdoc="{escape(page)}" title="{escape(title)}" allow="fullscreen" '
        'sandbox="allow-scripts allow-downloads" '
        f'style="width: 100%; height: {FRAME_HEIGHT}px; border: 0"></iframe>'
    )


def inline_pictures(
    channels: Iterable[Channel], pictures: Pictures, *, only_main: bool = False
) -> dict[str, InlinePictures]:
    """The channels' pictures as data: URLs; a placeholder where there is none."""
    return {str(channel): _inlined(channel, pictures, only_main=only_main) for channel in channels}


def _inlined(channel: Channel, pictures: Pictures, *, only_main: bool) -> InlinePictures:
    kinds = [] if only_main else [one for one in DIVERSITY_KINDS if pictures.file_of(channel, one)]
    examples = () if only_main else pictures.examples_of(channel)[:EXAMPLES]
    return {
        "kinds": {kind: _url_of(pictures.file_of(channel, kind), channel) for kind in (MAIN_KIND, *kinds)},
        "examples": [_url_of(one.thumbnail, channel) for one in examples],
    }


def _url_of(file: Path | None, channel: Channel) -> str:
    """The picture in the file; a placeholder if there is none, or the file is not a picture."""
    if file is None or not (has_image_ending(file.name) and file.is_file()):
        return f"data:image/svg+xml,{quote(placeholder_svg(channel))}"
    kind = mimetypes.guess_type(file.name)[0] or "image/webp"
    return f"data:{kind};base64,{b64encode(file.read_bytes()).decode()}"


def _page(component: str, title: str, data: Mapping[str, Any], pictures: dict[str, InlinePictures]) -> str:
    assets = package_folder("app") / "assets"
    css = "".join((assets / name).read_text("utf-8") for name in ("common.css", f"{component}.css"))
    standalone: StandaloneData = {"component": component, "css": css, "pictures": pictures}
    return _PAGE.format(
        title=escape(title),
        css=(assets / "standalone.css").read_text("utf-8"),
        script=_script(assets, component),
        component=component,
        standalone=_in_script(json.dumps(standalone)),
        data=_in_script(json.dumps(data)),
    )


@cache
def _script(assets: Path, component: str) -> str:
    return _in_script(bundle_modules(assets, f"{component}.js", "standalone.js"))


def _in_script(text: str) -> str:
    """The text so that nothing in it ends the script: ``</`` and ``<!--`` occur only in strings."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")
