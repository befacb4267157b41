"""The code of README and docs/ runs, as a reader of the pages would run it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from summit_graph.cli import main
from summit_graph.counts.folder import CountFolder
from summit_graph.settings import PACKAGE
from summit_graph.store.connection import Database
from summit_graph.store.networks import list_networks
from summit_graph.store.own_queries import find_any_query
from summit_graph.store.removal import remove_network
from summit_graph.store.server.local import Endpoint
from summit_graph.views.questions import run_question
from summit_graph.workflows.demo import atlas_counts
from summit_graph.workflows.load import NetworkLoader
from tests.code_blocks import PAGES, CodeBlock, code_blocks
from tests.conftest import use_database

#: The classes of the atlas that the pages name.
NAMED = ["brown bear", "lion", "sulphur butterfly", "monarch"]
DOCS = PACKAGE.parent / "docs"
#: In how many of 100 images an influence is counted that is loaded.
STRONG = 90
#: The tour counts the network "world", which the others use; until then the atlas is the only network.
LAST = ["tour.md", "faithfulness.md", "your-own-model.md"]


@pytest.fixture(scope="module")
def atlas(filled: Database) -> Database:
    """A database with classes of the atlas."""
    load_atlas(filled)
    return filled


@pytest.fixture
def reader(atlas: Database, database: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The current folder has what a checkout has, as far as pages name it."""
    use_database(monkeypatch, database)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world").symlink_to(PACKAGE.parent / "world")
    return atlas


def load_atlas(database: Database) -> None:
    """The named classes with their strongest influences; to write all 177,000 of a class takes long."""
    counts = CountFolder(atlas_counts())
    loader = NetworkLoader(database, counts.manifest, "atlas")
    for one in counts.summaries.values():
        if one.title in NAMED:
            tables = counts.read_to_load(one.name)
            strong = tables.influences.filter(pc.field("count") >= STRONG)
            loader.load_class(replace(tables, influences=strong))


def summit_graph(*words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert not ended.value.code, words


def run_block(block: CodeBlock, database: Database) -> None:
    """Commands in this process, Python as it is, Cypher with ``$network``, queries of the user's own."""
    if block.language == "sh":
        for line in filter(None, block.lines()):
            command, *words = shlex.split(line, comments=True)
            assert command == "summit-graph", line
            summit_graph(*words)
    elif block.language == "python":
        exec(compile(block.text, block.page.name, "exec"), {})
    elif "// returns:" in block.text:
        Path("mine.cypher").write_text(block.text, "utf-8")
        run_question(database, find_any_query("mine", Path()), {"class": "lion"}, network="atlas")
    else:
        with database.driver.session() as session:
            assert list(session.run(block.text, network="atlas")), block.text


def run_page(page: Path, database: Database) -> None:
    """Every block of shell, Python and Cypher, but for those that say that they are not run."""
    for block in code_blocks(page, "sh", "python", "cypher"):
        if block.run:
            run_block(block, database)


def remove_others(database: Database) -> None:
    """Remove the networks that a page has loaded: with several, commands need a name."""
    for network in list_networks(database):
        if network.name != "atlas":
            remove_network(database, network)


@pytest.mark.slow
def test_the_code_of_the_pages_runs(reader: Database) -> None:
    """Of all pages that need the atlas at most."""
    for page in PAGES:
        if page.name not in LAST:
            run_page(page, reader)
            remove_others(reader)


@pytest.mark.slow
def test_the_tour_and_the_pages_after_it_run(reader: Database) -> None:
    """From images of the planted world to faithfulness."""
    for name in LAST:
        run_page(DOCS / name, reader)
