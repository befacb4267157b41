"""Which class of a list a person means."""

from __future__ import annotations

import pytest

from summit_graph.errors import UnknownNameError
from summit_graph.records import ClassSummary
from summit_graph.views.classes import StoredClass, pick_class


def stored(name: str, output: int | None, title: str) -> StoredClass:
    """A class of which only what it is called matters."""
    return StoredClass(7, ClassSummary(name, output, title, 10, None, None, None))


@pytest.mark.parametrize(
    "called", [("bears", 294, "brown bear"), ("n02132136", 294, "Ursus"), ("n02132136", None, "Ursus")]
)
def test_a_class_of_imagenet_is_found_by_its_wordnet_id(called: tuple[str, int | None, str]) -> None:
    """By its folder's name, or by the output whose title it bears."""
    assert pick_class([stored(*called)], "network", "n02132136").summary.name == called[0]


def test_a_fine_tuned_model_s_class_is_not_imagenet_s() -> None:
    """Its output 294 is something else: ImageNet's WordNet id does not mean it."""
    with pytest.raises(UnknownNameError, match="no class"):
        pick_class([stored("scratch", 294, "scratch")], "network", "n02132136")


def test_a_name_goes_before_a_title() -> None:
    """What one class is called by name, another may be by title."""
    classes = [stored("a", None, "b"), stored("b", None, "a")]
    assert pick_class(classes, "network", "b").summary.name == "b"


def test_a_name_is_found_however_its_accents_are_typed() -> None:
    """Names from users as identity: macOS's folders have decomposed names, keyboards type composed ones."""
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    one, other = stored(decomposed, None, "Coffee"), stored("tea", None, "The\u0301")
    assert pick_class([one, other], "drinks", composed) is one
    assert pick_class([one, other], "drinks", "th\u00e9") is other
    both = [one, stored(composed, None, composed)]
    assert [pick_class(both, "drinks", name) for name in (decomposed, composed)] == both
