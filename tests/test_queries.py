"""Checks every Cypher file's contract against its query, without a database."""

from __future__ import annotations

import re

import pytest

from summit_graph.errors import UnknownNameError, UsageError
from summit_graph.settings import package_folder
from summit_graph.store.queries import Query, all_queries, find_query, list_queries, read_query

PARAMETER = re.compile(r"\$(\w+)")


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_query_declares_the_parameters_it_uses(query: Query) -> None:
    """The names after $ in the text are those of the header."""
    assert set(PARAMETER.findall(query.text)) == {parameter.name for parameter in query.parameters}


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_query_says_what_it_is_for(query: Query) -> None:
    """One or two sentences on top, ending like sentences."""
    assert query.description.endswith((".", ":"))


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_reading_query_is_ordered_where_it_returns_many_rows(query: Query) -> None:
    """Without ORDER BY rows would come in any order; a query of one row needs none."""
    one_row = {"gds_version", "server_version", "class_by_name"}
    assert "ORDER BY" in query.text or query.name in one_row


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_reading_query_writes_nothing(query: Query) -> None:
    """No clause that changes the graph."""
    assert not re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE)\b", query.text)


def test_a_dozen_questions_are_there() -> None:
    """A person finds at least twelve questions."""
    assert len([query for query in list_queries() if query.folder == "question"]) >= 12


def test_names_are_unique_over_the_folders() -> None:
    """A bare name means one query."""
    names = [query.name for query in list_queries()]
    assert len(names) == len(set(names))


def test_an_unknown_query_lists_what_comes_near() -> None:
    """A typo is answered with the right name."""
    with pytest.raises(UnknownNameError, match="top_channels"):
        find_query("top_chanels")


def test_defaults_and_meanings_are_read() -> None:
    """``$limit int = 20`` has a default, ``$class int (Class.id)`` a meaning."""
    parameters = {parameter.name: parameter for parameter in read_query("question/top_channels").parameters}
    assert parameters["limit"].default == "20"
    assert parameters["class"].meaning == "Class.id"


def test_a_value_of_the_wrong_type_is_refused() -> None:
    """``limit=many`` is no number."""
    limit = next(p for p in read_query("question/top_channels").parameters if p.name == "limit")
    with pytest.raises(UsageError, match="limit takes int"):
        limit.parse("many")


def test_a_list_is_given_with_commas() -> None:
    """``layers=mixed4c, mixed5a`` are two layers."""
    layers = next(p for p in read_query("view/embeddings").parameters if p.name == "layers")
    assert layers.parse("mixed4c, mixed5a") == ["mixed4c", "mixed5a"]


def test_a_list_may_be_given_as_one() -> None:
    """A list of Python's or of several options keeps its parts whole; for one value it is wrong usage."""
    layers = next(p for p in read_query("view/embeddings").parameters if p.name == "layers")
    assert layers.parse(["mixed3a, mixed3b", "mixed4a"]) == ["mixed3a, mixed3b", "mixed4a"]
    limit = next(p for p in read_query("question/top_channels").parameters if p.name == "limit")
    assert limit.parse(["3"]) == 3
    with pytest.raises(UsageError, match="limit takes int, not a list of 2"):
        limit.parse(["3", "4"])


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_query_on_the_full_network_says_what_it_needs(query: Query) -> None:
    """An imported network has neither ACTIVATES nor INFLUENCES: an empty answer would look like one."""
    on_full_counts = re.search(r":(ACTIVATES|INFLUENCES)\b(?!\|)", query.text)
    assert bool(on_full_counts) == ("full counts" in query.needs)


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_parameter_has_one_meaning_at_most(query: Query) -> None:
    """No second pair of brackets after a parameter in the header."""
    file = package_folder("cypher") / query.folder / f"{query.name}.cypher"
    assert not re.search(r"^// params:.*\) \(", file.read_text("utf-8"), re.MULTILINE)
