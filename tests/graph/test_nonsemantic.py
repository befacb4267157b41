"""Non-semantic candidates (paper 7.4): channels in nearly all classes, and responses to zero padding."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from summit_graph.cli import main
from summit_graph.pictures.index import EXAMPLES_FILE, FORMAT, examples_folder, picture_folder, write_json
from summit_graph.records import Channel, Parameters
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.store.server.local import Endpoint
from summit_graph.views.nonsemantic import find_candidates, fires_on_frame
from summit_graph.workflows.load import NetworkLoader
from tests.conftest import use_database
from tests.count_tables import class_tables, manifest
from tests.shapes import label_channels

#: Of ten images: mixed3a/1 in all classes, mixed3a/2 in all classes but one, mixed3a/3 rarely.
COUNTS = [(10, 9, 4), (5, 5, 4), (6, 4, 4)]


def load(database: Database, parameters: Parameters | None = None) -> None:
    loader = NetworkLoader(database, manifest(parameters=parameters), "shapes")
    for at, counts in enumerate(COUNTS):
        rows = [("mixed3a", channel, count) for channel, count in enumerate(counts, start=1)]
        hops = [("mixed3b", "1x1", "direct", 0, 1, 3)]
        loader.load_class(class_tables(f"class{at}", rows, hops))


@pytest.fixture
def rims(tmp_path, monkeypatch):
    """Writes examples with the numbers of images in which channels had their maximum at the border."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))

    def write(seen: Mapping[str, tuple[int, int]]) -> None:
        folder = examples_folder(picture_folder("0" * 64), "shapes")
        folder.mkdir(parents=True)
        content = {"format": FORMAT, "weights_sha256": "0" * 64, "examples": {}, "rim": seen}
        write_json(folder / EXAMPLES_FILE, content)

    return write


def test_a_channel_of_nearly_every_class_is_a_candidate(fresh_database: Database, rims) -> None:
    """It is in half the images of 90 % of the classes: mixed3a/1 in all three, mixed3a/2 in two of three."""
    load(fresh_database)
    found = find_candidates(fresh_database, None)
    assert [str(one.channel) for one in found.candidates] == ["mixed3a/1"]
    assert found.candidates[0].everywhere == (3, pytest.approx(0.7), pytest.approx(0.5))
    assert not found.looked_at_rims


def test_candidates_with_both_kinds_of_evidence_are_first(fresh_database: Database, rims) -> None:
    """mixed5b/7 responds to the border, mixed3b/1 also does and is in all classes."""
    load(fresh_database)
    rims({"mixed3a/1": (30, 30), "mixed3a/0": (30, 29), "mixed5b/7": (30, 20)})
    found = find_candidates(fresh_database, None)
    assert [str(one.channel) for one in found.candidates] == ["mixed3a/1", "mixed3a/0"]
    assert found.candidates[1].everywhere is None
    assert found.candidates[1].frame == (30, 29)


def test_excluded_channels_are_not_candidates(fresh_database: Database, rims) -> None:
    """They are in the printed options."""
    load(fresh_database, Parameters(excluded=(Channel("mixed3a", 0),)))
    rims({"mixed3a/0": (30, 30)})
    found = find_candidates(fresh_database, None)
    assert [str(one.channel) for one in found.candidates] == ["mixed3a/1"]
    assert found.to_exclude[0] == Channel("mixed3a", 0)


@pytest.mark.parametrize(
    ("active", "at_rim", "fires"),
    [(100, 95, True), (100, 94, False), (50, 50, True), (49, 49, False)],
)
def test_a_channel_that_responds_to_the_border_is_a_candidate(active: int, at_rim: int, fires: bool) -> None:
    """Its maximum is at the border in 95 % of its images, and it is active in half of all images."""
    assert fires_on_frame(active, at_rim, images=100) is fires


def test_few_images_are_not_evidence() -> None:
    """Nineteen of nineteen may be chance."""
    assert not fires_on_frame(19, 19, images=19)


def test_the_command_prints_options_of_ingest(
    fresh_database: Database, database: Endpoint, rims, monkeypatch, capsys
) -> None:
    """A table with the evidence and labels on stdout, the options on stderr; the evidence as JSON."""
    use_database(monkeypatch, database)
    load(fresh_database)
    rims({"mixed3a/1": (30, 30), "mixed3a/0": (30, 29)})
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--channels"])
    assert ended.value.code == 0
    out, err = capsys.readouterr()
    assert "mixed3a/1\teverywhere+frame\t3\t0.7\t0.5\t30\t30" in out
    assert "--exclude mixed3a/0 --exclude mixed3a/1" in err
    assert "With only 3 classes" in err
    label_channels(fresh_database, find_network(fresh_database, None).name, {"mixed3a/1": "border"})
    with pytest.raises(SystemExit):
        main(["doctor", "--channels"])
    assert "mixed3a/1\teverywhere+frame\t3\t0.7\t0.5\t30\t30\tborder" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["doctor", "--channels", "--json"])
    candidates = json.loads(capsys.readouterr().out)["candidates"]
    assert candidates[1] == {
        "channel": "mixed3a/0",
        "everywhere": None,
        "frame": {"active": 30, "at_rim": 29},
    }
