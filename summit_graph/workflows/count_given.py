"""Counts what Python gives: a module in memory, and images as files or arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from summit_graph.counts.folder import CountFolder
from summit_graph.errors import UsageError
from summit_graph.images.given import Images, read_given
from summit_graph.images.labels import Labels, read_labels
from summit_graph.records import Parameters
from summit_graph.workflows.counting import HowCounted, require_compute, write_counts

if TYPE_CHECKING:
    from summit_graph.aggregate.run import OnProgress
    from summit_graph.model.counted import CountedModel
    from summit_graph.model.sources import AnyModel, InputOptions


class Counts(CountFolder):
    """A count folder that was made here.

    Attributes:
        notes: what the user should know, such as files that were skipped.
    """

    def __init__(self, path: Path, notes: Sequence[str], temporary: TemporaryDirectory[str] | None) -> None:
        super().__init__(path)
        self.notes = tuple(notes)
        self._temporary = temporary  # it is deleted with this object


def read_any_model(
    model: AnyModel,
    parameters: Sequence[Parameters | None],
    *,
    layers: Sequence[str],
    input_: InputOptions | None,
) -> list[CountedModel]:
    """A module in memory, or a value of ``--model``, as it is counted with each of the parameters.

    Args:
        layers: patterns of the layers to count; none for those that are counted by default.
        input_: what of the input rule is other than the model's; None for nothing.
    """
    require_compute()
    from summit_graph.model.counted import counted_model, read_source
    from summit_graph.model.sources import module_source, open_model

    if isinstance(model, str):
        source = open_model(model, options=input_, trained=True)
    else:
        source = module_source(model, options=input_)
    program = read_source(source, layers=layers)
    return [counted_model(source, program, one) for one in parameters]


def count_images(
    model: CountedModel,
    images: Images,
    out: Path | None,
    labels: Path | Sequence[str] | None,
    how: HowCounted,
    *,
    on_progress: OnProgress | None = None,
) -> Counts:
    """Count images that Python gives; ``out`` None is a folder that is deleted with the result."""
    temporary = TemporaryDirectory(prefix="summit-graph-") if out is None else None
    folder = Path(temporary.name) / "counts" if temporary else out
    assert folder is not None
    with TemporaryDirectory(prefix="summit-graph-") as written:
        run = write_counts(
            folder, read_given(images, Path(written)), model, _labels(model, labels), how,
            on_progress=on_progress,
        )  # fmt: skip
    skipped = [f"Skipped {one['file']}: {one['reason']}" for one in run.skipped]
    assumed = [model.assumed] if model.assumed else []
    notes = [*assumed, *run.counting.dataset.notes, *run.counting.warnings, *skipped]
    return Counts(folder, notes, temporary)


def _labels(model: CountedModel, labels: Path | Sequence[str] | None) -> Labels:
    if labels is None or isinstance(labels, Path):
        return read_labels(labels, outputs=model.outputs, names=model.categories)
    if len(labels) != model.outputs:
        raise UsageError(
            f"there are {len(labels)} labels, but {model.name} has {model.outputs} outputs: name each once"
        )
    return read_labels(outputs=model.outputs, names=labels)
