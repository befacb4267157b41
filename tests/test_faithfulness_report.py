"""The report of a test of a graph: its sections, older versions, and what it says about its own limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from summit_graph.analysis.faithfulness import (
    ClassScores,
    Curve,
    Measured,
    mark,
    outputs_json,
    real_shares,
    report_of,
)
from summit_graph.analysis.reports import in_sections, key_of, new_report, sections, with_section
from summit_graph.analysis.shares import Scale, percent, resamples
from summit_graph.analysis.stability import sanity_rows
from summit_graph.errors import UnknownNameError
from summit_graph.formats.report_tables import FaithfulnessTables


def section(state: str = "s", verdict: str = "Said.") -> dict[str, Any]:
    measured = {"at": "2026-01-01", "images": "photos", "key": "k", "state": state}
    return {"verdict": verdict, "measured": measured}


def test_a_report_without_sections_is_the_node_curve() -> None:
    """As the first version stored it; it has no key, so it is measured again."""
    old = {"network": "n", "class": "c", "curves": {}, "shares": [], "verdict": "Said."}
    found = in_sections(old)
    assert found["nodes"] == {"curves": {}, "shares": [], "verdict": "Said."}
    assert (found["network"], found["class"], found["verdict"]) == ("n", "c", "Said.")
    assert key_of(found["nodes"]) is None
    assert in_sections(found) == found


def test_the_verdict_is_that_of_all_sections() -> None:
    """In the order of the parts."""
    report = with_section(new_report("n", "c"), "nodes", section(verdict="One."))
    assert report["verdict"] == "One."
    assert list(sections(report)) == ["nodes"]


def test_a_section_of_another_state_of_the_class_is_left_out() -> None:
    """Two sections of one report are of the same graph; one without a state is of an unknown graph."""
    old = in_sections({"network": "n", "class": "c", "curves": {}, "verdict": "Old."})
    again = with_section(old, "nodes", section("new", "New."))
    assert again["verdict"] == "New."
    assert again["nodes"]["measured"]["state"] == "new"


def test_outputs_are_listed_with_their_images() -> None:
    """The most frequent first; a class without an output is tested on predicted ones."""
    found = outputs_json(np.array([7, 3, 7]))
    assert found == [{"output": 7, "images": 2}, {"output": 3, "images": 1}]


def test_narrow_layers_have_more_than_the_share() -> None:
    """1 % of 4 and of 400 channels: 1 and 4 of 404."""
    assert real_shares([1.0, 100.0], {"a": 4, "b": 400}) == pytest.approx([500 / 404, 100.0])


def test_areas_are_over_the_real_shares() -> None:
    """One channel of four is 25 %, also where it is the best 1 % (kind: a number over nominal shares)."""
    four = {"a": np.array([4.0, 3.0, 2.0, 1.0])}
    kept = Curve(np.array([[5.0, 5.0], [10.0, 10.0]]), np.array([[5.0, 5.0], [0.0, 0.0]]))
    of_all = np.full(2, 10.0)
    found = Measured(of_all, np.zeros(2), [1.0, 100.0], {"graph": kept}, {"graph": kept, "random": kept})
    curve = report_of(found, ClassScores(four, four, {"a": four["a"] > 3}))["curves"]["graph"]
    assert curve["cpr"][0] == pytest.approx(0.25 * 0.25 + 0.75 * 0.75)
    assert curve["cmd"][0] == pytest.approx(1 - curve["cpr"][0])
    assert curve["enough"] == pytest.approx(25 + 75 * 0.6)


def test_percentages_are_those_of_the_explorer() -> None:
    """The cases of ``tests/javascript/text.test.js``, and a very large one."""
    shares = [0, 0.0004, 0.0044, 0.0095, 0.031, 0.125, 0.5, 1, -0.005, 12345.67]
    texts = ["0 %", "0 %", "0.4 %", "1 %", "3 %", "13 %", "50 %", "100 %", "-0.5 %", "1234567 %"]
    assert [percent(one) for one in shares] == texts


def test_resamples_without_shares_are_counted() -> None:
    """Of two images, those resamples that draw only the one that the class is not seen on: a quarter."""
    scale = Scale(np.array([9.0, 0.0]), np.array([0.0, 1.0]), resamples(2, seed=0))
    assert 200 < scale.dropped < 300


def measured(whole: list[float], kept: float, replaced: float) -> dict[str, Any]:
    """The section of a graph of one of two channels; replacing everything gives 0."""
    values = {"a": np.array([2.0, 1.0])}
    scores = ClassScores(values, values, {"a": np.array([True, False])})
    images = len(whole)
    curve = Curve(np.full((1, images), kept), np.full((1, images), replaced))
    sets = {"graph": curve, "random": curve}
    return report_of(Measured(np.array(whole), np.zeros(images), [100.0], {}, sets), scores)


def test_the_verdict_says_how_many_resamples_are_left_out() -> None:
    """Only where there are any."""
    found = measured([9.0, -5.0, 2.0], 0.0, 0.0)
    assert f"leave out {found['resamples']['dropped']} of 1000 resamples" in found["verdict"]
    assert "leave out" not in measured([9.0, 9.0], 0.0, 0.0)["verdict"]


def test_the_mark_is_what_the_channels_carry() -> None:
    """The share that is lost without them; none where it is undefined."""
    assert mark(measured([10.0, 10.0], 0.0, 2.0)) == "This channel carries 80 % (80 to 80)"
    assert mark(measured([-1.0, -1.0], 0.0, 2.0)) is None


def tables() -> FaithfulnessTables:
    """A report of the parts "nodes" and "specificity"."""
    found = {**measured([10.0, 10.0], 0.0, 2.0), "measured": section()["measured"]}
    curve = {"sufficiency": [[0.1, 0.0, 0.2]], "necessity": [None], "cpr": [0.5, 0.4, 0.6], "cmd": None}
    nodes = {**found, "shares": [1.0], "real_shares": [2.0], "curves": {"graph": {**curve, "enough": None}}}
    lost = {"images": 4, "graph": [0.8, 0.7, 0.9], "random": [0.1, 0.0, 0.2]}
    specific = {**section(), "nearest": {"name": "wolf"}, "own": lost, "other": {**lost, "images": 5}}
    return FaithfulnessTables({**new_report("n", "dog"), "nodes": nodes, "specificity": specific})


def test_tables_have_a_row_for_each_point() -> None:
    """With the ends of the intervals; undefined numbers are missing."""
    (row,) = tables().nodes.to_dict("records")
    assert (row["ranking"], row["share"], row["real_share"]) == ("graph", 1.0, 2.0)
    assert (row["sufficiency"], row["sufficiency_low"], row["sufficiency_high"]) == (0.1, 0.0, 0.2)
    assert row["necessity"] is None
    assert list(tables().areas["cpr_high"]) == [0.6]
    assert list(tables().sets["ranking"]) == ["graph", "random"]


def test_the_table_of_the_influences_has_a_row_for_each_set() -> None:
    """Also for each number of those with the largest counts."""
    one = {"edges": 3, "necessity": [0.5, 0.4, 0.6], "sufficiency": None}
    by_count = {"factors": [1, 10], "edges": [3, 30], "necessity": [None, None], "sufficiency": [None, None]}
    edges = {**section(), "sets": {"graph": one}, "by_count": by_count}
    found = FaithfulnessTables({**new_report("n", "dog"), "edges": edges}).edges
    assert list(found["edges"]) == [3, 3, 30]
    assert found["necessity_high"][0] == 0.6


def test_the_table_of_the_completeness_has_a_row_for_each_channel() -> None:
    """A channel that receives nothing has no share."""
    channels = [{"channel": "b/0", "edges": 2, "share": [0.5, 0.4, 0.6]}]
    channels.append({"channel": "b/1", "edges": 1, "share": None})
    report = {**new_report("n", "dog"), "completeness": {**section(), "channels": channels}}
    found = FaithfulnessTables(report).completeness
    assert list(found["channel"]) == ["b/0", "b/1"]
    assert found["share_low"][0] == 0.4


def test_the_table_of_the_specificity_names_both_classes() -> None:
    """Two rows each."""
    assert list(tables().specificity["class"]) == ["dog", "dog", "wolf", "wolf"]
    assert list(tables().specificity["images"]) == [4, 4, 5, 5]


def test_a_part_that_is_not_measured_has_no_table() -> None:
    """The line says how to measure it."""
    with pytest.raises(UnknownNameError, match="--part sanity"):
        _ = tables().sanity


def test_sanity_has_a_row_for_each_graph_that_must_differ() -> None:
    """Also in Python, with the same names."""
    overlap = {"nodes": [0.1, 0, 0.2], "edges": [0.0, 0, 0]}
    weights = [{"layer": "output", "nodes": 0.5, "edges": 0.25}]
    sane = {**section(), "weights": weights, "shuffled_images": overlap, "chance": overlap}
    rows = [
        ("random weights down to output", 0.5, 0.25),
        ("images of all classes", 0.1, 0),
        ("chance", 0.1, 0),
    ]
    assert [*sanity_rows(sane)] == rows
    table = FaithfulnessTables({**new_report("n", "dog"), "sanity": sane}).sanity
    assert [*table.itertuples(index=False, name=None)] == rows
