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
    """The names after $ in the text are those in the header."""
    assert set(PARAMETER.findall(query.text)) == {parameter.name for parameter in query.parameters}


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_query_has_a_description(query: Query) -> None:
    """One or two sentences at the top, ending with a period or a colon."""
    assert query.description.endswith((".", ":"))


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_reading_query_with_many_rows_is_ordered(query: Query) -> None:
    """Without ORDER BY the order of rows is undefined; a query with one row does not need it."""
    of_network = {"gds_version", "server_version", "connections", "network_parameters", "schema_version"}
    one_row = of_network | {"class_by_name", "class_faithfulness"}
    assert "ORDER BY" in query.text or query.name in one_row


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_reading_query_writes_nothing(query: Query) -> None:
    """It has no clause that changes the graph."""
    assert not re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE)\b", query.text)


def test_there_are_at_least_twelve_questions() -> None:
    """The folder of questions has at least twelve queries."""
    assert len([query for query in list_queries() if query.folder == "question"]) >= 12


def test_names_are_unique_over_the_folders() -> None:
    """A name without a folder means one query."""
    names = [query.name for query in list_queries()]
    assert len(names) == len(set(names))


def test_an_unknown_query_lists_similar_names() -> None:
    """The error for a typo contains the correct name."""
    with pytest.raises(UnknownNameError, match="top_channels"):
        find_query("top_chanels")


def test_defaults_and_meanings_are_read() -> None:
    """``$limit int = 20`` has a default, ``$class int (Class.id)`` a meaning."""
    parameters = {parameter.name: parameter for parameter in read_query("question/top_channels").parameters}
    assert parameters["limit"].default == "20"
    assert parameters["class"].meaning == "Class.id"


def test_a_value_of_the_wrong_type_is_refused() -> None:
    """``limit=many`` is not a number."""
    limit = next(p for p in read_query("question/top_channels").parameters if p.name == "limit")
    with pytest.raises(UsageError, match="limit takes int"):
        limit.parse("many")


def test_a_list_is_separated_by_commas() -> None:
    """``layers=mixed4c, mixed5a`` are two layers."""
    layers = next(p for p in read_query("view/embeddings").parameters if p.name == "layers")
    assert layers.parse("mixed4c, mixed5a") == ["mixed4c", "mixed5a"]


def test_a_list_parameter_accepts_a_python_list() -> None:
    """Elements of a Python list or of repeated options are not split; for a single value this is an error."""
    layers = next(p for p in read_query("view/embeddings").parameters if p.name == "layers")
    assert layers.parse(["mixed3a, mixed3b", "mixed4a"]) == ["mixed3a, mixed3b", "mixed4a"]
    limit = next(p for p in read_query("question/top_channels").parameters if p.name == "limit")
    assert limit.parse(["3"]) == 3
    with pytest.raises(UsageError, match="limit takes int, not a list of 2"):
        limit.parse(["3", "4"])


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_query_on_the_full_network_declares_what_it_needs(query: Query) -> None:
    """An imported network has no such relationships: an empty result would look like a valid one."""
    on_full_counts = re.search(r":(ACTIVATES|INFLUENCES|SUPPORTS)\b(?!\|)", query.text)
    assert bool(on_full_counts) == ("full counts" in query.needs)


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: f"{query.folder}/{query.name}")
def test_a_parameter_has_one_meaning_at_most(query: Query) -> None:
    """A parameter in the header is followed by at most one pair of parentheses."""
    file = package_folder("cypher") / query.folder / f"{query.name}.cypher"
    assert not re.search(r"^// params:.*\) \(", file.read_text("utf-8"), re.MULTILINE)
