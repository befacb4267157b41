"""Tests a class's graph part by part; the class keeps the report (``Class.faithfulness``, JSON text).

Each part is stored as soon as it is measured, so an interrupted run loses at most one part. A part that was
measured on the same images, with the same options and state of the class, is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from neo4j import ManagedTransaction

from summit_graph.analysis.reports import Report, in_sections, key_of, new_report, with_section
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.records import ClassSummary, Parameters
from summit_graph.store.connection import Database, run
from summit_graph.store.migration import prepare_to_write
from summit_graph.store.networks import Network
from summit_graph.views.activations import read_similar
from summit_graph.views.classes import StoredClass
from summit_graph.views.faithfulness import read_influences, read_report, read_scores
from summit_graph.views.graphs import graph_of
from summit_graph.workflows.counting import counted_images

if TYPE_CHECKING:
    from summit_graph.faithfulness.subject import Subject
    from summit_graph.images import Dataset
    from summit_graph.model.counted import CountedModel

#: Images of other classes that the means are taken from, at most.
OTHERS = 500
#: Called with the name of a part that is kept, and what is known about its measurement.
OnKept = Callable[[str, Mapping[str, Any]], None]


def named_parts(names: Sequence[str] | None) -> list[str]:
    """The parts to measure, in order: those that are named, else those that are measured by default."""
    from summit_graph.faithfulness.parts import PARTS

    return [name for name, part in PARTS.items() if (name in names if names else part.by_default)]


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """How a graph is tested; the attributes are those of ``faithfulness.subject.Subject``."""

    device: str = "auto"
    images_per_class: int = 50
    quick: bool = False
    skip_bad: bool = False
    seed: int = 0


def read_subject(
    database: Database,
    network: Network,
    stored: StoredClass,
    *,
    images: Dataset,
    counted: Dataset | None = None,
    read_models: Callable[[], Sequence[CountedModel]],
    how: Measuring,
    show: Callable[[str, int, int], None],
) -> Subject:
    """What is tested; images are listed, not yet read.

    Args:
        images: of the class and of others; of a network that was counted with a split, its share is tested.
        counted: the images that the network was counted on, if they are others.
        read_models: reads the model twice: as it is, and as it was counted.
        show: called with a description, and how much of it is done.

    Raises:
        UsageError: there are no images of the class, or of no other.
        SummitGraphError: the network was made with another model or other layers.
    """
    from summit_graph.aggregate.run import select_device
    from summit_graph.faithfulness.subject import Subject

    parameters = network.parameters or Parameters()
    _check_images(images, stored.summary)
    if counted is not None:
        _check_images(counted, stored.summary)
    elif parameters.split is not None:
        counted = images
    tested = images if parameters.split is None else images.split(parameters.split)[1]
    scores, graph = read_scores(database, network, stored), graph_of(database, network.name, stored)
    influences = read_influences(database, network, stored)
    model, counting_model = read_models()
    _check_model(network, model)
    return Subject(
        model=model,
        counting_model=counting_model,
        dataset=_with_others(tested, stored.summary.folder, how.images_per_class),
        images=tested.first(how.images_per_class),
        graph=graph,
        scores=scores,
        parameters=parameters,
        influences=influences,
        device=select_device(how.device),
        seed=how.seed,
        quick=how.quick,
        skip_bad=how.skip_bad,
        show=show,
        counted=None if counted is None else counted_images(counted, parameters),
        similar=cache(lambda: read_similar(database, network.name, stored.summary.name)),
    )


def _check_model(network: Network, model: CountedModel) -> None:
    if network.model_key != model.model_key:
        raise SummitGraphError(
            f"network {network.name} was made with another model or input rule than {model.name}: "
            "give the --model, --weights and input options that it was made with"
        )
    if network.widths != tuple(model.channels.items()):
        raise SummitGraphError(
            f"network {network.name} was made with other layers than {', '.join(model.channels)}: "
            "give the --layers that it was made with"
        )


def _check_images(dataset: Dataset, summary: ClassSummary) -> None:
    """Raise UsageError unless there are images of the class and of others."""
    if summary.folder not in dataset.classes:
        names = ", ".join(list(dataset.classes)[:5])
        raise UsageError(f"{dataset.name} has no class {summary.folder!r}; it has: {names}")
    if not any(files for name, files in dataset.classes.items() if name != summary.folder):
        raise UsageError(
            f"{dataset.name} has images of {summary.folder!r} alone: the means need those of other classes"
        )


def _with_others(dataset: Dataset, class_name: str, number: int) -> Dataset:
    """The class's first images, and as many of every other class as together are enough for the means."""
    others = {name: files for name, files in dataset.classes.items() if name != class_name}
    own = replace(dataset, classes={class_name: dataset.classes[class_name]}).first(number)
    rest = replace(dataset, classes=others).first(max(1, OTHERS // len(others)))
    return replace(dataset, classes={**own.classes, **rest.classes})


def measure_parts(
    database: Database,
    stored: StoredClass,
    subject: Subject,
    names: Sequence[str],
    *,
    again: bool = False,
    on_kept: OnKept = lambda name, measured: None,
) -> Report:
    """Measure and store the parts that the class's report lacks.

    Args:
        stored: the state of the class.
        subject: what is tested.
        names: of the parts.
        again: measure parts again that would be kept.
        on_kept: called for each part that is kept.

    Returns:
        The whole report.

    Raises:
        SummitGraphError: the class was replaced meanwhile.
    """
    from summit_graph.faithfulness.parts import PARTS

    report = read_report(database, stored) or new_report(subject.graph.network, subject.summary.name)
    for name in names:
        key = PARTS[name].key(name, subject)
        if not again and key_of(report.get(name)) == key:
            on_kept(name, report[name]["measured"])
            continue
        measured = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "images": subject.dataset.name,
            "key": key,
            "state": subject.state,
        }
        section = {**PARTS[name].measure(subject), "measured": measured}
        report = store_section(database, stored, report, name, section)
    return report


def store_section(
    database: Database, stored: StoredClass, report: Report, name: str, section: Mapping[str, Any]
) -> Report:
    """Add a section to the class's stored report, and return it.

    Args:
        report: the one to start from if the class has none.

    Raises:
        SummitGraphError: the class was replaced meanwhile.
    """

    def add(transaction: ManagedTransaction) -> Report | None:
        rows = run(transaction, "view/class_faithfulness", **{"class": stored.id})
        before = in_sections(json.loads(rows[0]["report"])) if rows and rows[0]["report"] else report
        after = with_section(before, name, section)
        values = {"class": stored.id, "report": json.dumps(after), "selected_by": stored.selected_by}
        written = run(transaction, "load/write_faithfulness", **values)
        return after if written else None

    prepare_to_write(database)
    found = database.transaction(add)
    if found is None:
        raise SummitGraphError(
            f"class {stored.summary.name!r} was replaced or selected anew meanwhile: run the command again"
        )
    return found
