"""Tests a class's graph with a model and images that Python gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from summit_graph.images.given import Images, read_given
from summit_graph.records import Parameters
from summit_graph.store.connection import Database
from summit_graph.store.networks import find_network
from summit_graph.views.classes import find_class
from summit_graph.workflows.count_given import read_any_model
from summit_graph.workflows.faithfulness import Measuring, measure_parts, named_parts, read_subject

if TYPE_CHECKING:
    from summit_graph.model.sources import AnyModel, InputOptions


def measure_given(
    database: Database,
    network: str | None,
    class_: str,
    model: AnyModel,
    images: Images,
    *,
    layers: Sequence[str],
    input_: InputOptions | None,
    parts: Sequence[str] | None,
    how: Measuring | None,
    show: Callable[[str, int, int], None],
) -> None:
    """Measure and store the parts that the class's report lacks; see ``Connection.faithfulness``."""
    found = find_network(database, network)
    stored = find_class(database, found.name, class_)
    wanted = [None, found.parameters or Parameters()]
    with TemporaryDirectory(prefix="summit-graph-") as written:
        subject = read_subject(
            database,
            found,
            stored,
            images=read_given(images, Path(written)),
            read_models=lambda: read_any_model(model, wanted, layers=layers, input_=input_),
            how=how or Measuring(),
            show=show,
        )
        measure_parts(database, stored, subject, named_parts(parts))
