"""Finding a class by what the user types."""

from __future__ import annotations

import pytest

from summit_graph.errors import UnknownNameError
from summit_graph.records import ClassSummary
from summit_graph.views.classes import StoredClass, pick_class


def stored(name: str, output: int | None, title: str) -> StoredClass:
    """A class with these names; the other values do not matter."""
    return StoredClass(7, ClassSummary(name, output, title, 10, None, None, None))


@pytest.mark.parametrize(
    "class_", [("bears", 294, "brown bear"), ("n02132136", 294, "Ursus"), ("n02132136", None, "Ursus")]
)
def test_imagenet_class_is_found_by_wordnet_id(class_: tuple[str, int | None, str]) -> None:
    """The id matches the folder's name, or the output with the same title."""
    assert pick_class([stored(*class_)], "network", "n02132136").summary.name == class_[0]


def test_wordnet_id_does_not_match_a_fine_tuned_model() -> None:
    """Its output 294 is another class than ImageNet's output 294."""
    with pytest.raises(UnknownNameError, match="no class"):
        pick_class([stored("scratch", 294, "scratch")], "network", "n02132136")


def test_name_takes_precedence_over_title() -> None:
    """The name of one class may be the title of another."""
    classes = [stored("a", None, "b"), stored("b", None, "a")]
    assert pick_class(classes, "network", "b").summary.name == "b"


def test_name_is_found_in_any_unicode_form() -> None:
    """macOS decomposes names, keyboards produce composed ones. *Kind: names are compared byte by byte.*"""
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    one, other = stored(decomposed, None, "Coffee"), stored("tea", None, "The\u0301")
    assert pick_class([one, other], "drinks", composed) is one
    assert pick_class([one, other], "drinks", "th\u00e9") is other
    both = [one, stored(composed, None, composed)]
    assert [pick_class(both, "drinks", name) for name in (decomposed, composed)] == both
