"""Validates a count folder against SPEC 4 before it is used: files may come from elsewhere.

Everything is read once, a class at a time, so memory does not grow with the folder:

1.  The manifest has the fields that it must have, of the right types.
2.  Every file has the hash that the manifest says.
3.  Classes are unique and have as many images as the manifest says; accuracies fit these.
4.  No table has more rows than that many images can give; a class's rows are together; each key is there
    once, is of layers, branches and channels that the model has, and counts 1 to all of the class's images.
    An output's inputs count ``top_influences`` an image at most, a layer's channels ``top_activations``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from summit_graph.errors import CountFilesError
from summit_graph.names import is_part, shortened
from summit_graph.records import (
    BOTTLENECK_BRANCHES,
    BRANCHES,
    DIRECT_BRANCHES,
    HISTOGRAM_BINS,
    LAYER_NAMES,
    ClassSummary,
    Layer,
    Parameters,
    previous_layer,
)

Ints = npt.NDArray[np.int64]

#: More channels than any layer has; a key packs two indices of this many bits.
_INDEX_BITS = 20
MOST_CHANNELS = 1 << 16
#: Counts are kept as int32.
MOST_IMAGES = (1 << 31) - 1
#: Upper bound on a branch's bottlenecks, as a multiple of its layer's channels: no file records it.
_BOTTLENECKS = 8
#: Rows that are read at a time.
_BATCH = 1 << 18
STAGES = ("direct", "expand", "reduce")

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Natural = Annotated[int, Field(ge=0, le=MOST_IMAGES)]
_Text = Annotated[str, Field(max_length=1000)]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _ParametersShape(_Shape):
    mass: float | None
    top_activations: _Natural | None
    top_influences: _Natural
    excluded: list[str]
    images_per_class: _Natural | None = None


class _InputShape(_Shape):
    colors: Literal["RGB", "BGR"]
    maximum: float
    mean: Annotated[list[float], Field(min_length=3, max_length=3)]
    std: Annotated[list[float], Field(min_length=3, max_length=3)]
    transform_input: bool | None = None
    resize: _Natural
    crop: _Natural
    interpolation: str


class _SkippedShape(_Shape):
    file: str
    reason: str


class _ManifestShape(_Shape):
    model: _Text
    weights_sha256: _Sha256
    input: _InputShape | None = None
    parameters: _ParametersShape
    dataset: _Text
    package_version: _Text
    layers: dict[str, Annotated[int, Field(ge=1, le=MOST_CHANNELS)]]
    branches: dict[str, Annotated[list[_Natural], Field(min_length=4, max_length=4)]] | None = None
    images: dict[str, _Natural]
    skipped: list[_SkippedShape]
    files: dict[str, _Sha256]


def check_manifest(value: Any) -> None:
    """Raise ValueError if a manifest lacks a field or a field has another type; the message names it."""
    try:
        shape = _ManifestShape.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(shortened(str(part)) for part in first["loc"]) or "it"
        raise ValueError(f"{where}: {first['msg']}") from None
    if unknown := sorted(shape.layers.keys() - set(LAYER_NAMES)):
        raise ValueError(f"layers: {shortened(unknown[0])!r} is not a layer")
    for name, widths in (shape.branches or {}).items():
        if sum(widths) != shape.layers.get(name):
            raise ValueError(f"branches: those of {shortened(name)} do not add up to its channels")


def check_summaries(rows: Sequence[Mapping[str, Any]], images: Mapping[str, int]) -> None:
    """Raise ValueError if rows of ``classes.parquet`` are inconsistent with each other or the manifest."""
    names = [row["class"] for row in rows]
    for name in names:
        if not is_part(name):
            raise ValueError(
                f"{shortened(str(name))!r} cannot be a class's name, no file is named so: "
                "count the class again under another"
            )
    if len(set(names)) < len(names):
        raise ValueError(f"class {_first_repeated(names)!r} is there twice")
    if set(names) != images.keys():
        other = sorted(set(names) ^ images.keys())[0]
        raise ValueError(f"class {shortened(other)!r} is in only one of the file and manifest.json")
    for row in rows:
        if fault := _fault_of_summary(row, images[row["class"]]):
            raise ValueError(f"class {row['class']!r} {fault}")


def _fault_of_summary(row: Mapping[str, Any], images: int) -> str | None:
    title, output = row["title"], row["output"]
    if row["images"] != images:
        return f"has {row['images']} images, and {images} in manifest.json"
    if not isinstance(title, str) or len(title) > 1000:
        return "has no title that can be shown"
    known = (row["top1"], row["top5"], row["histogram"])
    if output is None:
        return None if known == (None, None, None) else "has an accuracy but no output"
    if output < 0 or None in known:
        return "has an output but no accuracy"
    top1, top5, histogram = known
    if not 0 <= top1 <= top5 <= images:
        return f"is right in {top1} and {top5} of {images} images"
    whole = len(histogram) == HISTOGRAM_BINS and None not in histogram and min(histogram) >= 0
    if not whole or sum(histogram) != images:
        return f"has a histogram that is not of {HISTOGRAM_BINS} bins and {images} images"
    return None


def _first_repeated(names: Sequence[str]) -> str:
    seen: set[str] = set()
    return next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]


class Contract(NamedTuple):
    """What the rows of a table may be, for a model with these layers that was counted like this."""

    layers: Sequence[Layer]
    parameters: Parameters

    def most_rows(self, table: str, images: int) -> int:
        """How many rows a class of so many images has at most."""
        if table == "activations":
            return sum(layer.channels for layer in self.layers)
        inputs = min(MOST_CHANNELS, self.parameters.top_influences * images)
        widths = {layer.name: layer.channels for layer in self.layers}
        rows = 0
        for layer in self.layers:
            before = widths.get(previous_layer(layer.name) or "", 0)
            bottlenecks = (
                0 if table == "influences" else len(BOTTLENECK_BRANCHES) * _BOTTLENECKS * layer.channels
            )
            rows += (layer.channels + bottlenecks) * min(inputs, max(before, _BOTTLENECKS * layer.channels))
        return rows


def check_table(file: Path, table: str, contract: Contract, summaries: Mapping[str, ClassSummary]) -> None:
    """CountFilesError where the rows of a table break the contract; it names the class."""
    with translate_read_errors(file):
        parquet = pq.ParquetFile(file)
        _check_types(parquet.schema_arrow)
        most = sum(contract.most_rows(table, one.images) for one in summaries.values())
        if (found := parquet.metadata.num_rows) > most:
            raise CountFilesError(f"{file} has {found} rows: its classes can have {most} at most")
        seen: set[str] = set()
        for name, parts in groupby(_runs(parquet), key=lambda run: run[0]):
            if name in seen or name not in summaries:
                what = "are not together" if name in seen else "are of no class of classes.parquet"
                raise CountFilesError(f"{file}: rows of {shortened(str(name))!r} {what}")
            seen.add(name)
            images = summaries[name].images
            rows = _collected((part for _, part in parts), contract.most_rows(table, images))
            fault = _too_many if rows is None else _FAULTS[table](rows, contract, images)
            if fault:
                raise CountFilesError(f"{file}, class {shortened(name)!r}: {fault}")


_too_many = "it has more rows than there are keys"


def _runs(parquet: pq.ParquetFile) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Rows of one class, in the file's order."""
    for batch in parquet.iter_batches(_BATCH):
        classes = _words(batch["class"])
        codes = classes.indices.to_numpy(zero_copy_only=False)
        starts = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
        for start, end in pairwise(starts):
            if end > start:
                yield classes[start].as_py(), batch.slice(start, end - start)


def _collected(parts: Iterator[pa.RecordBatch], most: int) -> pa.Table | None:
    """A class's rows; None where they are too many."""
    kept: list[pa.RecordBatch] = []
    rows = 0
    for part in parts:
        rows += len(part)
        if rows > most:
            return None
        kept.append(part)
    return pa.Table.from_batches(kept)


def _fault_of_activations(rows: pa.Table, contract: Contract, images: int) -> str | None:
    layers = {layer.name: layer for layer in contract.layers}
    layer, fault = _known(rows["layer"], list(layers), "layer")
    widths = np.array([one.channels for one in layers.values()])
    channel = _numbers(rows["channel"])
    fault = fault or _outside(channel, widths[layer], "channel") or _fault_of_counts(rows, images)
    if fault:
        return fault
    most = contract.parameters.top_activations
    return _repeated(layer << _INDEX_BITS | channel) or _over(layer, rows, most and most * images, "layer")


def _fault_of_hops(rows: pa.Table, contract: Contract, images: int) -> str | None:
    layers = {layer.name: layer for layer in contract.layers}
    layer, fault = _known(rows["layer"], list(layers), "layer")
    branch, unknown = _known(rows["branch"], BRANCHES, "branch")
    stage, other = _known(rows["stage"], STAGES, "stage")
    if fault := fault or unknown or other:
        return fault
    direct = np.isin(branch, [BRANCHES.index(name) for name in DIRECT_BRANCHES])
    if (direct != (stage == STAGES.index("direct"))).any():
        return "a branch has a stage that is not its own"
    widths = np.array([one.channels for one in layers.values()])
    before = np.array([_width_before(one, layers) for one in layers.values()])
    bottlenecks = widths * _BOTTLENECKS
    inputs = np.where(stage == STAGES.index("expand"), bottlenecks[layer], before[layer])
    reduces = stage == STAGES.index("reduce")
    firsts, ends = _bounds_of_branches(contract.layers)
    starts = np.where(reduces, 0, firsts[layer, branch])
    outputs = np.where(reduces, bottlenecks[layer], ends[layer, branch])
    output, input_ = _numbers(rows["output"]), _numbers(rows["input"])
    fault = _outside(output, outputs, "output", starts) or _outside(input_, inputs, "input")
    if fault := fault or _fault_of_counts(rows, images):
        return fault
    place = (layer * len(BRANCHES) + branch) * len(STAGES) + stage
    sums = place << _INDEX_BITS | output
    most = contract.parameters.top_influences * images
    return _repeated(sums << _INDEX_BITS | input_) or _over(sums, rows, most, "output")


def _fault_of_influences(rows: pa.Table, contract: Contract, images: int) -> str | None:
    layers = {layer.name: layer for layer in contract.layers}
    layer, fault = _known(rows["layer"], list(layers), "layer")
    previous, unknown = _known(rows["previous_layer"], list(layers), "previous_layer")
    if fault := fault or unknown:
        return fault
    names = list(layers)
    below = np.array([names.index(one) if (one := previous_layer(name)) in layers else -1 for name in names])
    if (below[layer] != previous).any():
        return "an influence is not from the layer before"
    widths = np.array([one.channels for one in layers.values()])
    channel, start = _numbers(rows["channel"]), _numbers(rows["previous"])
    via = rows["via"].drop_null()
    fault = _outside(channel, widths[layer], "channel") or _outside(start, widths[previous], "previous")
    fault = fault or _outside(_numbers(via), np.full(len(via), MOST_CHANNELS), "via")
    keys = (layer << _INDEX_BITS | channel) << _INDEX_BITS | start
    return fault or _fault_of_counts(rows, images) or _repeated(keys)


_FAULTS: Mapping[str, Callable[[pa.Table, Contract, int], str | None]] = {
    "activations": _fault_of_activations,
    "hops": _fault_of_hops,
    "influences": _fault_of_influences,
}


def _bounds_of_branches(layers: Sequence[Layer]) -> tuple[Ints, Ints]:
    """The first channel of each layer's branches, and the one behind the last: (layers, branches)."""
    found = [
        [(0, layer.channels)] * len(BRANCHES)
        if layer.branches is None
        else [(one.start, one.stop) for one in map(layer.slice_of, BRANCHES)]
        for layer in layers
    ]
    bounds = np.array(found, np.int64)  # (layers, branches, 2)
    return bounds[..., 0], bounds[..., 1]


def _width_before(layer: Layer, layers: Mapping[str, Layer]) -> int:
    before = layers.get(previous_layer(layer.name) or "")
    return before.channels if before else 0


def _known(column: pa.ChunkedArray, names: Sequence[str], what: str) -> tuple[Ints, str | None]:
    """Words as their places among the names, and what is wrong with one."""
    words = _words(column.combine_chunks())
    places = {name: at for at, name in enumerate(names)}
    found = [places.get(word, -1) for word in words.dictionary.to_pylist()]
    if words.null_count or -1 in found:
        unknown = next((word for word in words.dictionary.to_pylist() if word not in places), None)
        return np.zeros(0, np.int64), f"there is no {what} {shortened(str(unknown))!r}"
    return np.array(found, np.int64)[words.indices.to_numpy(zero_copy_only=False)], None


def _words(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _numbers(column: pa.ChunkedArray) -> Ints:
    """Whole numbers; -1 where one is missing, which is outside of everything."""
    return column.cast(pa.int64()).fill_null(-1).to_numpy()


def _fault_of_counts(rows: pa.Table, images: int) -> str | None:
    counts = _numbers(rows["count"])
    bad = (counts < 1) | (counts > images)
    return f"a count is {counts[bad.argmax()]}, of {images} images" if bad.any() else None


def _outside(numbers: Ints, ends: Ints, what: str, starts: Ints | int = 0) -> str | None:
    bad = (numbers < starts) | (numbers >= ends)
    if not bad.any():
        return None
    at = int(bad.argmax())
    return f"{what} {numbers[at]} is none of {np.broadcast_to(starts, ends.shape)[at]} to {ends[at] - 1}"


def _repeated(keys: Ints) -> str | None:
    ascending = (keys[1:] > keys[:-1]).all()
    return None if ascending or len(np.unique(keys)) == len(keys) else "a row is there twice"


def _over(groups: Ints, rows: pa.Table, most: int | None, what: str) -> str | None:
    """Whether the counts of one group add up to more than its images give."""
    if most is None:
        return None
    order = np.argsort(groups, kind="stable")  # no work where they are sorted, as ours are
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sums = np.add.reduceat(_numbers(rows["count"])[order], starts)
    return f"the counts of a {what} add up to more than {most}" if (sums > most).any() else None


def _check_types(schema: pa.Schema) -> None:
    texts = {"class", "layer", "branch", "stage", "previous_layer"}
    for column in schema:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        if not (is_text if column.name in texts else pa.types.is_integer(kind)):
            raise ValueError(f"column {shortened(column.name)} is of type {shortened(str(column.type))}")


@contextmanager
def translate_read_errors(file: Path) -> Iterator[None]:
    """Name the file where it cannot be read or holds what it may not."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise CountFilesError(f"{file} cannot be read: {shortened(reason, 300)}") from None
