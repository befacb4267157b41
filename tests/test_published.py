"""The published form of attribution graphs, read and written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from summit_graph.counts.inception import LAYER_NAMES, layers_from_json
from summit_graph.formats.published import (
    PUBLISHED_WIDTHS,
    PublishedFormError,
    find_published,
    published_layers,
    read_published_graph,
    to_published_text,
)
from summit_graph.records import Channel, Edge, Node

PUBLISHED = Path(__file__).parents[2] / "shared" / "data" / "summit-published"


def entry(channel: int, layer: str, *previous: tuple[int, int]) -> dict[str, Any]:
    return {
        "channel": channel,
        "count": 7,
        "layer": layer,
        "pagerank": 0.25,
        "prev_channels": [{"prev_channel": index, "inf": count} for index, count in previous],
        "attr_channels": [{"prev_channel": "31", "inf": 9}],
    }


@pytest.fixture
def published_value() -> dict[str, Any]:
    """Two layers: mixed3b/5 is influenced by mixed3a/4 and mixed3a/2, mixed3b/1 by none."""
    value: dict[str, Any] = {layer: [] for layer in reversed(LAYER_NAMES)}
    value["mixed3b"] = [entry(5, "mixed3b", (4, 30), (2, 20)), entry(1, "mixed3b")]
    value["mixed3a"] = [entry(4, "mixed3a"), entry(2, "mixed3a")]
    return value


@pytest.fixture
def write_graph(tmp_path: Path) -> Callable[..., Path]:
    def write(value: Any, name: str = "ag-294.json") -> Path:
        file = tmp_path / "ag" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        return file

    return write


def test_nodes_and_edges_are_read_in_order(
    published_value: dict[str, Any], write_graph: Callable[..., Path]
) -> None:
    """Nodes are sorted by channel and edges by channel and previous channel, for any order in the file."""
    graph = read_published_graph(write_graph(published_value), network="authors").graph
    a2, a4 = Channel("mixed3a", 2), Channel("mixed3a", 4)
    b1, b5 = Channel("mixed3b", 1), Channel("mixed3b", 5)
    assert graph.nodes == tuple(Node(channel, 7, 0.25) for channel in (a2, a4, b1, b5))
    assert graph.edges == (Edge(b5, a2, 20, None), Edge(b5, a4, 30, None))


def test_class_is_named_by_wordnet_id(
    published_value: dict[str, Any], write_graph: Callable[..., Path]
) -> None:
    """The number in the file's name is the model's output, whose WordNet id names the class."""
    summary = read_published_graph(write_graph(published_value), network="authors").graph.summary
    assert (summary.name, summary.output, summary.title) == ("n02132136", 294, "brown bear")


def test_attr_channels_are_kept_as_text(
    published_value: dict[str, Any], write_graph: Callable[..., Path]
) -> None:
    """attr_channels, which may be bottleneck numbers, are not changed."""
    published = read_published_graph(write_graph(published_value), network="authors")
    assert json.loads(published.attr_channels[Channel("mixed3b", 5)]) == [{"prev_channel": "31", "inf": 9}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: "{", "published form"),
        (lambda v: [v], "a list of channels for each layer"),
        (lambda v: v | {"mixed6a": []}, "mixed6a"),
        (lambda v: v | {"mixed3a": [entry(4, "mixed3a")]}, "starts at 2, which is not in it"),
        (lambda v: v | {"mixed3a": v["mixed3a"] + [entry(4, "mixed3a")]}, "twice"),
        (lambda v: v | {"mixed3a": v["mixed3a"] + [entry(9, "mixed4a")]}, "says that it is of mixed4a"),
        (lambda v: v | {"mixed4a": [entry(1, "mixed4a") | {"count": -1}]}, "count is -1"),
        (lambda v: v | {"mixed4a": [entry(1, "mixed4a") | {"count": 10**30}]}, "count is 1000"),
        (lambda v: v | {"mixed4a": [entry(10**9, "mixed4a")]}, "channel is 1000000000"),
        (lambda v: v | {"mixed4a": [entry(1, "mixed4a") | {"channel": "9" * 5000}]}, "published form"),
        (lambda v: v | {"mixed4a": [entry(1, "mixed4a") | {"pagerank": float("nan")}]}, "pagerank"),
        (lambda v: "[" * 100_000, "published form"),
        (lambda v: v | {"mixed4a": [entry(1, "mixed4a") | {"pagerank": "much"}]}, "pagerank"),
        (lambda v: v | {"mixed4a": [{"channel": 1}]}, "no 'count'|no 'pagerank'"),
        (lambda v: v | {"mixed4a": [entry(1, "mixed4a", (5, 1), (5, 1))]}, "twice"),
    ],
)
def test_damaged_files_are_named(
    change: Callable[[dict[str, Any]], Any],
    message: str,
    published_value: dict[str, Any],
    write_graph: Callable[..., Path],
) -> None:
    """A file that is not in the published form is an error that names the file and the problem."""
    file = write_graph(change(published_value))
    with pytest.raises(PublishedFormError, match=message) as error:
        read_published_graph(file, network="authors")
    assert str(file) in str(error.value)


def test_unknown_output_is_refused(published_value: dict[str, Any], write_graph: Callable[..., Path]) -> None:
    """A file named after an output that ImageNet does not have is refused."""
    with pytest.raises(PublishedFormError, match="output 1000"):
        read_published_graph(write_graph(published_value, "ag-1000.json"), network="authors")


def test_folder_file_and_clone_are_found(
    published_value: dict[str, Any], write_graph: Callable[..., Path], tmp_path: Path
) -> None:
    """The clone, its ag folder and a single file are all published results; anything else is an error."""
    later, first = write_graph(published_value, "ag-10.json"), write_graph(published_value, "ag-9.json")
    for path in (tmp_path, tmp_path / "ag"):
        assert list(find_published(path).files.items()) == [(9, first), (10, later)]
    assert list(find_published(first).files.values()) == [first]
    (tmp_path / "empty").mkdir()
    with pytest.raises(PublishedFormError, match="empty"):
        find_published(tmp_path / "empty")


def test_widths_come_from_the_pictures(
    published_value: dict[str, Any], write_graph: Callable[..., Path], tmp_path: Path
) -> None:
    """A layer's width follows from its pictures; without them, from the published model."""
    graphs = [read_published_graph(write_graph(published_value), network="authors").graph]
    (tmp_path / "feature-vis" / "channel").mkdir(parents=True)
    for layer in LAYER_NAMES:
        (tmp_path / "feature-vis" / "channel" / f"{layer}-11-channel.jpg").touch()
    pictures = find_published(tmp_path).pictures
    assert published_layers(graphs, pictures) == layers_from_json(dict.fromkeys(LAYER_NAMES, 12))
    assert published_layers(graphs, None) == layers_from_json(PUBLISHED_WIDTHS)


def test_layers_of_an_unknown_model_are_wide_enough(
    published_value: dict[str, Any], write_graph: Callable[..., Path]
) -> None:
    """A channel beyond the published model's layers makes its layer just wide enough."""
    published_value["mixed5b"] = [entry(3000, "mixed5b")]
    graphs = [read_published_graph(write_graph(published_value), network="authors").graph]
    widths = {layer.name: layer.channels for layer in published_layers(graphs, None)}
    assert (widths["mixed5b"], widths["mixed3b"], widths["mixed4a"]) == (3001, 6, 1)


def test_written_form_has_the_same_content(
    published_value: dict[str, Any], write_graph: Callable[..., Path]
) -> None:
    """A written graph is read as the same channels and edges."""
    file = write_graph(published_value)
    written = to_published_text(read_published_graph(file, network="authors"))
    assert contents(json.loads(written)) == contents(published_value)


def contents(value: dict[str, Any]) -> dict[str, Any]:
    """A published file without the order of its lists."""
    return {
        layer: {
            one["channel"]: one | {"prev_channels": sorted(map(str, one["prev_channels"]))} for one in listed
        }
        for layer, listed in value.items()
    }


@pytest.mark.shared
def test_published_results_are_read_completely() -> None:
    """All 900 published graphs are read, and written again with the same content."""
    folder = find_published(PUBLISHED)
    graphs = list(folder.read_graphs("authors"))
    assert len(graphs) == 900
    widths = {
        layer.name: layer.channels for layer in published_layers([g.graph for g in graphs], folder.pictures)
    }
    assert widths == PUBLISHED_WIDTHS
    for published, file in list(zip(graphs, folder.files.values(), strict=True))[::50]:
        assert contents(json.loads(to_published_text(published))) == contents(json.loads(file.read_text()))
