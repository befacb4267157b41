"""``summit-graph demo`` up to the start of the explorer, with a small atlas."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import SummitGraphError
from summit_graph.settings import DatabaseSettings
from summit_graph.store.connection import Database
from summit_graph.store.networks import list_networks
from summit_graph.store.removal import remove_class
from summit_graph.store.server.local import Endpoint
from summit_graph.system.listener import Listener
from summit_graph.views.channel_groups import read_group_state
from summit_graph.views.channel_labels import read_label_state
from summit_graph.views.classes import list_classes
from summit_graph.views.motifs import read_motifs
from summit_graph.workflows import demo
from summit_graph.workflows.demo import NETWORK, prepare_atlas
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import manifest, random_class
from tests.graph.test_bulk import local_database

#: Two kinds of classes, so that motifs of every shape recur.
CLASSES = [random_class(f"class-{number}", number % 2) for number in range(5)]


@pytest.fixture(autouse=True)
def small_atlas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_count_folder(tmp_path / "atlas", manifest(), CLASSES)
    monkeypatch.setattr(demo, "atlas_counts", lambda: tmp_path / "atlas")


@pytest.fixture
def settings(database: Endpoint) -> DatabaseSettings:
    password = SecretStr(database.password)
    return DatabaseSettings(uri=database.uri, username=database.username, password=password)


def prepare(settings: DatabaseSettings) -> list[str]:
    """Prepare the atlas; returns the stages."""
    stages: list[str] = []
    listener = Listener(on_stage=lambda stage, total: stages.append(stage))
    prepare_atlas(settings, listener, lambda text: None)
    return stages


def state(database: Database) -> tuple[list[int], int]:
    return [one.id for one in list_classes(database, NETWORK)], len(read_motifs(database, NETWORK))


def test_atlas_is_loaded_embedded_and_mined(fresh_database: Database, settings: DatabaseSettings) -> None:
    """On another server it is loaded class by class, with all data that the explorer shows."""
    prepare(settings)
    assert [one.summary.name for one in list_classes(fresh_database, NETWORK)] == [
        one.summary.name for one in CLASSES
    ]
    labels = read_label_state(fresh_database, NETWORK)
    assert labels is not None
    assert labels.current
    groups = read_group_state(fresh_database, NETWORK)
    assert groups is not None
    assert groups.current
    found = fresh_database.read("view/network_state", network=NETWORK)[0]
    assert (found["positions"], found["motifs"]) == (True, True)


def test_a_second_run_changes_nothing(fresh_database: Database, settings: DatabaseSettings) -> None:
    """All steps are skipped."""
    prepare(settings)
    before = state(fresh_database)
    assert prepare(settings) == ["opening the database"]
    assert state(fresh_database) == before


def test_interrupted_run_resumes(fresh_database: Database, settings: DatabaseSettings) -> None:
    """Only the missing class is loaded."""
    prepare(settings)
    before = {one.id for one in list_classes(fresh_database, NETWORK)}
    remove_class(fresh_database, NETWORK, "class-2")
    prepare(settings)
    after = {one.id for one in list_classes(fresh_database, NETWORK)}
    assert (len(before & after), len(after)) == (4, 5)


def test_other_network_with_the_same_name_is_kept(
    fresh_database: Database, settings: DatabaseSettings
) -> None:
    """With other weights it is not the atlas; the error explains how to make the name available."""
    NetworkLoader(fresh_database, manifest(weights="1" * 64), NETWORK).load_class(CLASSES[0])
    with pytest.raises(SummitGraphError, match="another network is called atlas"):
        prepare(settings)
    assert len(list_classes(fresh_database, NETWORK)) == 1


@pytest.mark.slow
def test_an_empty_local_store_is_built_by_the_importer(own_home: Path) -> None:
    """The offline importer builds it; a second run skips all steps."""
    stages = prepare(DatabaseSettings())
    assert "importing" in stages
    assert "loading and ranking" not in stages
    with local_database() as opened:
        assert [network.classes for network in list_networks(opened)] == [5]
    assert prepare(DatabaseSettings()) == ["opening the database"]
