"""Numbers and parts of lists, in words."""

from __future__ import annotations

import pytest

from summit_graph.display.wording import lift_text, more_than_shown, significant


def test_the_number_of_entries_that_are_not_shown_is_said() -> None:
    """Of 1,015 entries 8 are shown. *Kind: a part shown as if it were all.*"""
    assert more_than_shown(1015, 8, "the table has all") == "and 1,007 more: the table has all"
    assert more_than_shown(8, 8, "the table has all") is None


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.0341, "0.034"), (1.23e-60, "1.2 × 10⁻⁶⁰")])
def test_small_values_have_two_digits(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(("lift", "text"), [(12.34, "lift 12"), (float("inf"), "in no other class")])
def test_an_infinite_lift_is_said_in_words(lift: float, text: str) -> None:
    assert lift_text(lift) == text
