"""Validates a count folder against SPEC 4 before it is used: files may come from elsewhere.

Everything is read once, a class at a time, so memory does not grow with the folder:

1.  The manifest has the fields that it must have, of the right types (``manifest_checks``).
2.  Every file has the hash that the manifest says.
3.  Classes are unique and have as many images as the manifest says; accuracies fit these.
4.  No table has more rows than that many images can give; a class's rows are together; each key is there
    once, is of layers, stops, sources and channels that the network has, and counts 1 to all of the class's
    images. A channel's inputs count ``top_influences`` an image at most, a layer's channels
    ``top_activations``.
5.  Influences, if stored, are those derived from the hops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from summit_graph.counts.manifest import Manifest
from summit_graph.counts.manifest_checks import MOST_CHANNELS
from summit_graph.errors import CountFilesError
from summit_graph.names import shortened
from summit_graph.records import ClassSummary, CountedStop

Ints = npt.NDArray[np.int64]

#: A key packs two indices of this many bits.
_INDEX_BITS = 20
#: Rows that are read at a time.
_BATCH = 1 << 18

#: Turns a class's rows, as they are in the file, into those of the current format.
Convert = Callable[[pa.Table], pa.Table]


class _Places(NamedTuple):
    """Every stop with each source that it reads, numbered; identities separately.

    Attributes:
        keys: (places) ``Contract.packed`` of each, ascending.
        stop: (places) the stop's number in the manifest.
        outputs, inputs: (places) number of channels of the stop and of the source.
        start: (places) where the stop's channels start in ``reads``.
        reads: for each place and channel of its stop, whether the channel reads the source.
    """

    keys: Ints
    stop: Ints
    outputs: Ints
    inputs: Ints
    start: Ints
    reads: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contract:
    """What the rows of a table may be, for a network with this manifest."""

    manifest: Manifest

    def most_rows(self, table: str, images: int) -> int:
        """The largest number of rows of a class with this number of images."""
        widths = list(self.layers.values())
        if table in ("activations", "relevance"):
            return sum(widths)
        if table == "outputs":
            return sum(widths[-1:])
        counted = min(MOST_CHANNELS, self.manifest.parameters.top_influences * images)
        if table == "influences":
            return sum(channels * min(before, 2 * counted) for before, channels in pairwise(widths))
        inputs = np.bincount(self.places.stop, self.places.inputs, len(self.manifest.stops))
        channels = np.array([stop.channels for stop in self.manifest.stops])
        return int((channels * np.minimum(inputs, counted)).sum())

    @cached_property
    def layers(self) -> dict[str, int]:
        """Each layer's number of channels, in order."""
        return {layer.name: layer.channels for layer in self.manifest.layers}

    @cached_property
    def stops(self) -> dict[tuple[str, str], int]:
        """Each stop's number of channels, by layer and name."""
        return {(stop.layer, stop.name): stop.channels for stop in self.manifest.stops}

    @cached_property
    def names(self) -> list[str]:
        """The names of the layers, in order, and then those of the inner stops."""
        return list(dict.fromkeys([*self.layers, *(name for _, name in self.stops)]))

    @cached_property
    def places(self) -> _Places:
        """What each stop reads."""
        found = sorted(self._each_place(), key=lambda place: place[0])
        keys, stops, inputs, reads = zip(*found, strict=True) if found else ((), (), (), ())
        outputs = [len(one) for one in reads]
        return _Places(
            keys=np.array(keys, np.int64),
            stop=np.array(stops, np.int64),
            outputs=np.array(outputs, np.int64),
            inputs=np.array(inputs, np.int64),
            start=np.cumsum([0, *outputs])[:-1],
            reads=np.concatenate([np.zeros(0, bool), *reads]),
        )

    def _each_place(self) -> Iterator[tuple[int, int, int, npt.NDArray[np.bool_]]]:
        numbers = {name: at for at, name in enumerate(self.names)}
        for at, stop in enumerate(self.manifest.stops):
            for (source, skip), reads in _reading(stop).items():
                key = self.packed(numbers[stop.layer], numbers[stop.name], numbers[source], skip)
                inputs = self.stops.get((stop.layer, source), self.layers.get(source, 0))
                yield key, at, inputs, reads

    def inner_channels(self, layer: Ints, stop: Ints) -> Ints:
        """The inner stops' numbers of channels, from numbers of names; 0 where a layer has no such stop."""
        number = {name: at for at, name in enumerate(self.names)}
        inner = {
            number[of] * len(number) + number[name]: channels
            for (of, name), channels in self.stops.items()
            if of != name
        }
        keys = np.array([-1, *sorted(inner)])
        channels = np.array([0, *(inner[key] for key in sorted(inner))])
        wanted = layer * len(number) + stop
        place = np.searchsorted(keys, wanted, side="right") - 1
        return np.where(keys[place] == wanted, channels[place], 0)

    def packed(self, layer: Any, stop: Any, source: Any, skip: Any) -> Any:
        """One number for a stop and what it reads, from numbers of names."""
        many = len(self.names)
        return ((layer * many + stop) * many + source) * 2 + skip


def _reading(stop: CountedStop) -> dict[tuple[str, bool], npt.NDArray[np.bool_]]:
    """Which of a stop's channels read each source, identities separately."""
    found: dict[tuple[str, bool], npt.NDArray[np.bool_]] = {}
    for reads in stop.reads:
        channels = found.setdefault((reads.source, reads.skip), np.zeros(stop.channels, bool))
        for first, end in reads.channels:
            channels[first:end] = True
    return found


def check_table(
    file: Path,
    table: str,
    *,
    columns: pa.Schema,
    convert: Convert,
    contract: Contract,
    summaries: Mapping[str, ClassSummary],
) -> None:
    """CountFilesError where the rows of a table break the contract; it names the class.

    Args:
        columns: of the file, without ``class``.
        convert: turns rows of the file into those of the current format.
    """
    with translate_read_errors(file):
        parquet = pq.ParquetFile(file)
        _check_types(parquet.schema_arrow, columns)
        most = sum(contract.most_rows(table, one.images) for one in summaries.values())
        if (found := parquet.metadata.num_rows) > most:
            raise CountFilesError(f"{file} has {found} rows: its classes can have {most} at most")
        seen: set[str] = set()
        for name, parts in groupby(_runs(parquet, columns), key=lambda run: run[0]):
            if name in seen or name not in summaries:
                what = "are not together" if name in seen else "are of no class of classes.parquet"
                raise CountFilesError(f"{file}: rows of {shortened(str(name))!r} {what}")
            seen.add(name)
            images = summaries[name].images
            rows = _collected((part for _, part in parts), contract.most_rows(table, images))
            if fault := _fault_of(table, rows, convert, contract, images):
                raise CountFilesError(f"{file}, class {shortened(name)!r}: {fault}")


def _fault_of(
    table: str, rows: pa.Table | None, convert: Convert, contract: Contract, images: int
) -> str | None:
    if rows is None:
        return "it has more rows than there are keys"
    return _FAULTS[table](convert(rows), contract, images)


def _runs(parquet: pq.ParquetFile, columns: pa.Schema) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Rows of one class, in the file's order."""
    for batch in parquet.iter_batches(_BATCH, columns=["class", *columns.names]):
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
    most = contract.manifest.parameters.top_activations
    return _fault_of_channels(rows, contract.layers, images, most and most * images)


def _fault_of_outputs(rows: pa.Table, contract: Contract, images: int) -> str | None:
    last = dict(list(contract.layers.items())[-1:])
    return _fault_of_channels(rows, last, images, contract.manifest.parameters.top_influences * images)


def _fault_of_relevance(rows: pa.Table, contract: Contract, images: int) -> str | None:
    if not np.isfinite(rows["relevance"].to_numpy()).all():  # null is NaN there
        return "a relevance is not finite"
    _, fault = _channels_of(rows, contract.layers)
    return fault


def _fault_of_channels(
    rows: pa.Table, layers: Mapping[str, int], images: int, most: int | None
) -> str | None:
    layer, fault = _channels_of(rows, layers)
    return fault or _fault_of_counts(rows, images) or _over(layer, rows, most, "layer")


def _channels_of(rows: pa.Table, layers: Mapping[str, int]) -> tuple[Ints, str | None]:
    """The layer's number of each row, and what is wrong with the rows' channels."""
    layer, fault = _known(rows["layer"], list(layers), "layer")
    if fault:
        return layer, fault
    channel = _numbers(rows["channel"])
    fault = _outside(channel, np.array(list(layers.values()))[layer], "channel")
    return layer, fault or _repeated(layer << _INDEX_BITS | channel)


def _fault_of_hops(rows: pa.Table, contract: Contract, images: int) -> str | None:
    places = contract.places
    place, fault = _places_of(rows, contract)
    if fault:
        return fault
    output, input_ = _numbers(rows["output"]), _numbers(rows["input"])
    fault = _outside(output, places.outputs[place], "output") or _outside(
        input_, places.inputs[place], "input"
    )
    if fault := fault or _fault_of_counts(rows, images):
        return fault
    if not (reads := places.reads[places.start[place] + output]).all():
        return f"output {output[reads.argmin()]} does not read that source"
    sums = places.stop[place] << _INDEX_BITS | output
    most = contract.manifest.parameters.top_influences * images
    keys = (place << _INDEX_BITS | output) << _INDEX_BITS | input_
    return _repeated(keys) or _over(sums, rows, most, "output")


def _places_of(rows: pa.Table, contract: Contract) -> tuple[Ints, str | None]:
    """Each row's number in ``contract.places``."""
    layer, fault = _known(rows["layer"], list(contract.layers), "layer")
    stop, other = _known(rows["stop"], contract.names, "stop")
    source, unknown = _known(rows["source"], contract.names, "source")
    fault = fault or other or unknown or ("a skip is missing" if rows["skip"].null_count else None)
    if fault:
        return layer, fault
    keys = contract.packed(layer, stop, source, rows["skip"].to_numpy().astype(np.int64))
    starts = np.flatnonzero(np.diff(keys, prepend=-1))  # few, as rows are sorted
    known = np.append(contract.places.keys, -1)
    found = np.searchsorted(known[:-1], keys[starts])
    if (lacking := known[found] != keys[starts]).any():
        at = int(starts[lacking.argmax()])
        one = {name: shortened(str(rows[name][at])) for name in ("layer", "stop", "source", "skip")}
        how = "as a skip" if rows["skip"][at].as_py() else "with weights"
        return layer, f"{one['stop']} of {one['layer']} does not read {one['source']} {how}"
    return np.repeat(found, np.diff([*starts, len(keys)])), None


def _fault_of_influences(rows: pa.Table, contract: Contract, images: int) -> str | None:
    names = list(contract.layers)
    layer, fault = _known(rows["layer"], names, "layer")
    previous, unknown = _known(rows["previous_layer"], names, "previous_layer")
    if fault := fault or unknown:
        return fault
    if (layer != previous + 1).any():
        return "an influence is not from the layer before"
    widths = np.array(list(contract.layers.values()))
    channel, start = _numbers(rows["channel"]), _numbers(rows["previous"])
    fault = _outside(channel, widths[layer], "channel") or _outside(start, widths[previous], "previous")
    keys = (layer << _INDEX_BITS | channel) << _INDEX_BITS | start
    fault = fault or _fault_of_counts(rows, images) or _repeated(keys)
    return fault or _fault_of_vias(rows, contract) or _fault_of_skips(rows, layer, channel, contract)


def _fault_of_vias(rows: pa.Table, contract: Contract) -> str | None:
    """An influence that is not direct names an inner stop of its layer and one of its channels."""
    longer = rows.filter(pc.or_(pc.is_valid(rows["via"]), pc.is_valid(rows["via_stop"])))
    if not contract.manifest.stops:  # exported from a network whose stops are unknown
        return _outside(_numbers(longer["via"]), np.full(len(longer), MOST_CHANNELS), "via")
    stop, fault = _known(longer["via_stop"], contract.names, "via_stop")
    if fault:
        return fault
    layer, _ = _known(longer["layer"], list(contract.layers), "layer")
    widths = contract.inner_channels(layer, stop)
    if len(longer) and not widths.all():
        return f"{shortened(str(longer['via_stop'][int(widths.argmin())]))} is not a stop below its layer"
    return _outside(_numbers(longer["via"]), widths, "via")


def _fault_of_skips(rows: pa.Table, layer: Ints, channel: Ints, contract: Contract) -> str | None:
    """A skip is direct, and its layer reads the layer before as an identity in this channel."""
    if rows["skip"].null_count:
        return "a skip is missing"
    skips = np.flatnonzero(rows["skip"].to_numpy())
    layer, channel = layer[skips], channel[skips]
    places = contract.places
    keys = contract.packed(layer, layer, layer - 1, 1)
    place = np.searchsorted(places.keys, keys)
    known = np.append(places.keys, -1)[place] == keys
    place = place[known.nonzero()] if known.all() else place[:0]
    if not known.all() or not places.reads[places.start[place] + channel].all():
        return "a skip is where its channel reads no identity"
    return "a skip has a via" if pc.any(pc.is_valid(rows["via"].take(skips))).as_py() else None


_FAULTS: Mapping[str, Callable[[pa.Table, Contract, int], str | None]] = {
    "activations": _fault_of_activations,
    "hops": _fault_of_hops,
    "influences": _fault_of_influences,
    "outputs": _fault_of_outputs,
    "relevance": _fault_of_relevance,
}


def _known(column: pa.ChunkedArray, names: Sequence[str], what: str) -> tuple[Ints, str | None]:
    """Words as their indices in the names, and the error of an unknown one."""
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
    ordered = keys if (keys[1:] > keys[:-1]).all() else np.sort(keys)
    return "a row occurs twice" if (ordered[1:] == ordered[:-1]).any() else None


def _over(groups: Ints, rows: pa.Table, most: int | None, what: str) -> str | None:
    """Whether the counts of one group add up to more than its images give."""
    if most is None:
        return None
    order = np.argsort(groups, kind="stable")  # no work where they are sorted, as ours are
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sums = np.add.reduceat(_numbers(rows["count"])[order], starts)
    return f"the counts of a {what} add up to more than {most}" if (sums > most).any() else None


def _check_types(schema: pa.Schema, columns: pa.Schema) -> None:
    for expected in (pa.field("class", pa.string()), *columns):
        column = schema.field(expected.name)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not _KINDS[str(expected.type)](kind):
            raise ValueError(f"column {column.name} is of type {shortened(str(column.type))}")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


_KINDS = {
    "string": _is_text,
    "bool": pa.types.is_boolean,
    "int32": pa.types.is_integer,
    "double": pa.types.is_floating,
}


@contextmanager
def translate_read_errors(file: Path) -> Iterator[None]:
    """Name the file where it cannot be read or holds what it may not."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise CountFilesError(f"{file} cannot be read: {shortened(reason, 300)}") from None
