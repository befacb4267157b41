"""Fields that choose classes, by all that the overview's list finds them by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from explorer.class_search import class_search_url
from explorer.components import show_class_choice
from explorer.scene import Scene, label_of
from summit_graph.display.page_data import ChosenClass, ClassChoiceData


def choose_class(
    scene: Scene,
    label: str,
    chosen: str | None,
    on_chosen: Callable[[str], None] | None = None,
    *,
    key: str,
    width: int,
    placeholder: str = "Choose a class",
    labelled: bool = False,
    only: Collection[str] | None = None,
) -> str | None:
    """A field for one class; returns the class that the user has chosen just now, if any.

    Args:
        on_chosen: is called with its name before the page runs again, to change the URL.
        labelled: whether the label is shown; it is always the name of the field.
        only: the names of the classes that can be chosen; None: all.
    """
    data: ClassChoiceData = {
        "label": label,
        "labelled": labelled,
        "placeholder": placeholder,
        "several": False,
        "chosen": _chosen(scene, [chosen] if chosen else []),
        "only": None if only is None else list(only),
        "url": class_search_url(scene),
    }

    def choose(names: Sequence[str]) -> None:
        for name in _known(scene, names):
            if on_chosen:
                on_chosen(name)

    found = _known(scene, show_class_choice(data, key=key, width=width, on_chosen=choose))
    return found[0] if found else None


def choose_classes(
    scene: Scene,
    label: str,
    chosen: Sequence[str],
    on_chosen: Callable[[list[str]], None],
    *,
    key: str,
    width: int | None = None,
    placeholder: str = "Choose classes",
    labelled: bool = False,
) -> None:
    """A field for several classes, in the order of the choice; otherwise as ``choose_class``."""
    data: ClassChoiceData = {
        "label": label,
        "labelled": labelled,
        "placeholder": placeholder,
        "several": True,
        "chosen": _chosen(scene, chosen),
        "only": None,
        "url": class_search_url(scene),
    }
    show_class_choice(data, key=key, width=width, on_chosen=lambda names: on_chosen(_known(scene, names)))


def _chosen(scene: Scene, names: Sequence[str]) -> list[ChosenClass]:
    return [{"name": name, "shown": label_of(scene, name)} for name in _known(scene, names)]


def _known(scene: Scene, names: Sequence[str]) -> list[str]:
    """Those that are classes now: the browser may show those of an earlier run."""
    known = {summary.name for summary in scene.classes}
    return [name for name in names if name in known]
