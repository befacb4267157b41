"""The explorer's Python code: pages without data, and unusual names."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from summit_graph.errors import UnknownNameError
from summit_graph.records import Channel, Parameters
from summit_graph.settings import package_folder
from summit_graph.store.connection import Database
from summit_graph.store.own_queries import find_any_query
from summit_graph.store.removal import remove_class
from summit_graph.store.server.local import Endpoint
from summit_graph.views import advice
from summit_graph.workflows.load import NetworkLoader
from tests.conftest import use_database
from tests.count_tables import SMALL_LAYERS, manifest, random_class

APP = package_folder("app")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, database: Endpoint) -> Iterator[AppTest]:
    """The explorer on the tests' database."""
    monkeypatch.syspath_prepend(str(APP))
    # AppTest replaces the main module by the page, which spawned processes of later tests would run.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    use_database(monkeypatch, database)
    yield AppTest.from_file(str(APP / "main.py"), default_timeout=60)
    database_of_app = importlib.import_module("explorer.database")
    if database_of_app.is_open():
        database_of_app.forget(database_of_app.opened())
    for name in [name for name in sys.modules if name.split(".")[0] == "explorer"]:
        del sys.modules[name]


def test_for_an_empty_database_a_command_is_shown(fresh_database: Database, app: AppTest) -> None:
    """With the command to copy."""
    app.run()
    assert not app.exception
    assert app.code[0].value == "summit-graph ingest IMAGES"


@pytest.mark.parametrize("installed", [True, False])
def test_the_live_demo_is_named_where_it_can_run(
    fresh_database: Database, app: AppTest, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    """Not without torch."""
    monkeypatch.setattr(advice, "find_spec", lambda name: object() if installed else None)
    app.run()
    assert any("demo --live" in one.value for one in app.caption) == installed


def test_without_a_database_a_command_to_start_one_is_shown(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection is a sentence, not a traceback."""
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    app.run()
    assert not app.exception
    assert "summit-graph db start" in app.markdown[-1].value
    assert app.button[0].label == "Try again"


def test_a_network_is_described(fresh_database: Database, app: AppTest) -> None:
    """Its model, dataset and parameters are above its classes."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    app.run()
    assert not app.exception
    assert any("**1** classes" in one.value for one in app.markdown)


def test_the_header_says_the_measure(fresh_database: Database, app: AppTest) -> None:
    """On every page (kind: counts of which nobody knows what was counted)."""
    about = replace(manifest(), parameters=Parameters(measure="against"))
    NetworkLoader(fresh_database, about, "shapes").load_class(random_class("bear", 1))
    app.run()
    assert not app.exception
    assert any(one.value == ":red-badge[against]" for one in app.markdown)


def test_a_name_in_the_url_is_never_markup(fresh_database: Database, app: AppTest) -> None:
    """The name of an unknown class is shown with all Markdown characters escaped."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    app.query_params["class"] = "![x](http://example.org/x.png)"
    app.run()
    assert not app.exception
    assert "![x](" not in app.warning[0].value


def test_saved_data_is_safe_to_open(app: AppTest) -> None:
    """Infinity and NaN are null in JSON; a name that a spreadsheet would evaluate gets an apostrophe."""
    downloads = importlib.import_module("explorer.downloads")
    rows = [{"class": "=1+1", "lift": float("inf")}]
    assert downloads.to_json(rows, {"network": "a"}) == (
        '{"network": "a", "rows": [{"class": "=1+1", "lift": null}]}'
    )
    assert downloads.to_csv(rows).splitlines()[1] == "'=1+1,inf"


def test_for_a_network_without_classes_a_command_is_shown(fresh_database: Database, app: AppTest) -> None:
    """The command names the network and its weights."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    remove_class(fresh_database, "shapes", "bear")
    app.run()
    assert not app.exception
    assert app.code[0].value == "summit-graph ingest IMAGES --network shapes --weights FILE"


def test_a_networks_parameters_are_shown(fresh_database: Database, app: AppTest) -> None:
    """With exact values and exclusions."""
    parameters = Parameters(mass=0.025, excluded=(Channel("mixed3a", 67),), images_per_class=500)
    NetworkLoader(fresh_database, manifest(parameters=parameters), "shapes").load_class(
        random_class("bear", 1)
    )
    app.run()
    text = next(one for one in app.markdown if "**1** classes" in one.value)
    for words in ("**2.5 %** of a layer's activation", "**1 channel** excluded", "at most **500** images"):
        assert words in text.value
    assert "mixed3a/67" in text.help


def test_the_database_of_another_session_is_not_closed(fresh_database: Database, app: AppTest) -> None:
    """A session that fails with an old connection does not close a newer one."""
    explorer = importlib.import_module("explorer.database")
    former = explorer.opened()
    explorer.forget(former)
    current = explorer.opened()
    explorer.forget(former)
    assert explorer.opened() is current
    current.database.driver.verify_connectivity()


def test_pictures_of_a_network_that_is_created_later_are_found(
    fresh_database: Database, app: AppTest
) -> None:
    """That the network was unknown is not cached."""
    files = importlib.import_module("explorer.files")
    with pytest.raises(UnknownNameError):
        files.pictures_of("shapes")
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    assert files.pictures_of("shapes").files == {}


def test_only_channels_of_the_selected_network_are_shown(app: AppTest) -> None:
    """An answer may contain ids of channels of several networks."""
    pages = importlib.import_module("explorer.pages.ask")
    row = {"id": "shapes/mixed3a/1", "other": "photos/mixed3a/2", "name": "mixed3a/3"}
    assert pages.channels_in(row, "shapes", SMALL_LAYERS) == [Channel("mixed3a", 1), Channel("mixed3a", 3)]


def show_ask_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest draws the first page only."""
    ask, overview = (importlib.import_module(f"explorer.pages.{name}") for name in ("ask", "overview"))
    monkeypatch.setattr(overview, "show", ask.show)


@pytest.fixture
def asking(
    fresh_database: Database, app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[AppTest]:
    """The Ask page with a text in the URL, served to this machine; own queries are in ``tmp_path``."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    monkeypatch.setenv("SUMMIT_GRAPH_QUERIES", str(tmp_path))
    show_ask_first(monkeypatch)
    app.query_params["cypher"] = TYPED
    former = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield app
    config.set_option("server.address", former)


TYPED = "MATCH (c:Class {network: $network}) RETURN c.name AS named"


def press(app: AppTest, label: str) -> None:
    """Click the last button of this label."""
    [*_, button] = [one for one in app.button if one.label == label]
    button.click().run()
    assert not app.exception


def test_a_text_in_the_url_is_not_run(asking: AppTest) -> None:
    """It is in the box; asked, it is answered. Kind: a link that acts for the user."""
    asking.run()
    assert not asking.exception
    assert asking.text_area[0].value == TYPED
    assert not any("named" in table.value for table in asking.dataframe)
    press(asking, "Ask")
    assert asking.dataframe[-1].value.to_dict("records") == [{"named": "bear"}]


def test_an_asked_text_is_in_the_url(asking: AppTest) -> None:
    """Another question removes it from there; a long one is not put there."""
    asking.run()
    asking.text_area[0].input("RETURN 1 AS one")
    press(asking, "Ask")
    assert "RETURN 1 AS one" in asking.query_params["cypher"]
    asking.selectbox(key="query").select_index(1).run()
    assert "cypher" not in asking.query_params
    assert asking.text_area[0].value == "RETURN 1 AS one"
    press(asking, "Ask")
    asking.text_area[0].input(f"RETURN 1 AS one // {'x' * 4000}")
    press(asking, "Ask")
    assert "cypher" not in asking.query_params
    assert asking.dataframe[-1].value.to_dict("records") == [{"one": 1}]


def test_an_answered_text_is_saved_as_a_query(asking: AppTest, tmp_path: Path) -> None:
    """It is among the questions at once; a second one of the same name needs a second click."""
    asking.run()
    press(asking, "Ask")
    press(asking, "Save")
    assert "Please enter" in asking.warning[0].value
    asking.text_input(key="save name").input("names")
    asking.text_input(key="save description").input("All names.")
    press(asking, "Save")
    assert "names" in asking.success[0].value
    assert "Your own" in asking.get("button_group")[0].options
    assert find_any_query("names").columns == ("named",)
    asking.text_input(key="save description").input("Other names.")
    press(asking, "Save")
    assert find_any_query("names").description == "All names."
    press(asking, "Replace names")
    assert find_any_query("names").description == "Other names."


@pytest.mark.parametrize("served", ["0.0.0.0", "127.0.0.1"])
def test_queries_are_saved_from_this_machine_only(
    asking: AppTest, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where others reach the explorer, directly or by a proxy; a caption says so."""
    config.set_option("server.address", served)
    monkeypatch.setenv("SUMMIT_GRAPH_ALLOW_HOSTS", "graphs.example" if served == "127.0.0.1" else "")
    check_not_saved(asking, "this machine alone")


def test_queries_are_not_saved_where_embedded(asking: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: a page of another site that acts for the user."""
    monkeypatch.setattr(importlib.import_module("explorer.saving"), "is_embedded", lambda: True)
    check_not_saved(asking, "embeds this one")


def check_not_saved(asking: AppTest, reason: str) -> None:
    """The text is answered, and the reason is in the place of the button."""
    asking.run()
    press(asking, "Ask")
    assert asking.dataframe[-1].value.to_dict("records") == [{"named": "bear"}]
    assert not any(one.label == "Save" for one in asking.button)
    assert any(reason in one.value for one in asking.caption)


@pytest.mark.parametrize(
    ("served", "base", "more", "expected"),
    [
        ("127.0.0.1", "", [], True),
        ("localhost", "/", [], True),
        ("::1", "", [], True),
        (None, "", [], False),
        ("0.0.0.0", "", [], False),
        ("192.0.2.1", "", [], False),
        ("127.0.0.1", "graphs", [], False),
        ("127.0.0.1", "", ["graphs.example"], False),
    ],
)
def test_a_proxy_makes_it_more_than_this_machine(
    served: str | None, base: str, more: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As does an address other than the machine's own."""
    monkeypatch.syspath_prepend(str(APP))
    hosts = importlib.import_module("explorer.hosts")
    assert hosts.is_local(served=served, base=base, more=more) == expected


def test_own_queries_are_asked_on_the_ask_page(
    fresh_database: Database, app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Beside the project's, under "Your own"; a faulty header is a warning that names the file."""
    NetworkLoader(fresh_database, manifest(), "shapes").load_class(random_class("bear", 1))
    monkeypatch.setenv("SUMMIT_GRAPH_QUERIES", str(tmp_path))
    (tmp_path / "mine.cypher").write_text(
        "// All names.\n// params:  $network string (Network.name)\n// returns: name\n"
        "MATCH (class:Class {network: $network}) RETURN class.name AS name"
    )
    (tmp_path / "faulty.cypher").write_text("RETURN 1")
    show_ask_first(monkeypatch)
    app.query_params["query"] = "mine"
    app.run()
    assert not app.exception
    assert "faulty.cypher" in app.warning[0].value.replace("\\", "")
    assert app.selectbox(key="query").options == ["All names."]
    assert app.dataframe[0].value.to_dict("records") == [{"name": "bear"}]
