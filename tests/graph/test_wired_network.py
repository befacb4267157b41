"""A hand-wired network from its images to the graphs in the database: they are the wired paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from summit_graph.analysis.stability import GraphParts
from summit_graph.cli import main
from summit_graph.records import MEASURES
from summit_graph.store.connection import Database
from summit_graph.views.classes import find_class
from summit_graph.views.graphs import graph_of
from tests.wired_networks import PARTS, SIDE, WiredInception, add_crosstalk, draw, truth

pytestmark = pytest.mark.usefixtures("environment")
MODEL = """
from tests.wired_networks import WiredInception, add_crosstalk

def wired():
    return add_crosstalk(WiredInception())
"""
INPUT = ("--resize", SIDE, "--crop", SIDE, "--mean", "0,0,0", "--std", "1,1,1", "--layers", "mixed*")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The model's file, the outputs' names, and images of each class."""
    (tmp_path / "wired.py").write_text(MODEL)
    (tmp_path / "names.txt").write_text("\n".join(PARTS))
    for part in PARTS:
        (tmp_path / "images" / part).mkdir(parents=True)
        for number, pixels in enumerate(draw(part)):
            Image.fromarray(pixels).save(tmp_path / "images" / part / f"{number:02}.png")
    return tmp_path


@pytest.mark.parametrize("measure", [one for one in MEASURES if one != "against"])
def test_graphs_in_the_database_are_the_paths(fresh_database: Database, folder: Path, measure: str) -> None:
    """Counted, loaded and ranked by ``ingest`` with the default parameters."""
    model = ("--model", f"{folder / 'wired.py'}:wired", *INPUT, "--labels", folder / "names.txt")
    words = ["ingest", folder / "images", *model, "--measure", measure, "--network", "wired"]
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in (*words, "--processes", 1, "--no-examples")])
    assert ended.value.code == 0
    module = add_crosstalk(WiredInception())
    for part in PARTS:
        graph = graph_of(fresh_database, "wired", find_class(fresh_database, "wired", part))
        assert GraphParts.of(graph) == truth(module, part)
