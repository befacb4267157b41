"""Adds count folders: a class counted in parts, for example on several machines, gives the same total.

Counts are integers, so sums are exact and do not depend on how the work was divided (SPEC 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from summit_graph import __version__
from summit_graph.counts.baseline_files import BASELINES, copy_baselines
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import KEYS, TABLES, ClassTables, Manifest, difference, sorted_rows
from summit_graph.counts.manifest_checks import MOST_IMAGES
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError, UsageError
from summit_graph.records import ClassSummary, CountedStop, Layer
from summit_graph.system.atomic_files import check_writable
from summit_graph.system.listener import SILENT, OnClass


def merge_count_folders(
    folders: Sequence[CountFolder],
    out: Path,
    *,
    skipped: Sequence[Mapping[str, str]] = (),
    on_class: OnClass = SILENT.on_class,
) -> Manifest:
    """Add up the folders row by row and derive the influences from the sums (SPEC 4).

    Args:
        folders: count folders with the same weights, input rule, parameters and layers.
        out: the folder to write.
        skipped: images left out in addition to those in the folders' manifests.
        on_class: called with the name of each class after it is added.

    Raises:
        UsageError: ``out`` is one of the folders.
        CountFilesError: weights, input rules, parameters or layers differ, or a class has two outputs.
    """
    if out.resolve() in [folder.path.resolve() for folder in folders]:
        raise UsageError(f"{out} is one of the folders that are added up: name another folder to write")
    manifest = _common_manifest(folders)
    manifest = replace(manifest, skipped=(*manifest.skipped, *skipped))
    names = sorted({name for folder in folders for name in folder.summaries})
    _check_parts(folders, names)
    check_writable(out)
    for folder in folders:
        folder.verify()
    written = write_count_folder(out, manifest, _added_up(folders, names, on_class))
    for folder in folders:
        copy_baselines(folder.path / BASELINES, out / BASELINES)
    return written


def _check_parts(folders: Sequence[CountFolder], names: Sequence[str]) -> None:
    """Check what needs no rows, before gigabytes are read."""
    for folder in folders:
        folder.check_mergeable()
    for name in names:
        _summaries_added([folder.summaries[name] for folder in folders if name in folder.summaries])


def _added_up(
    folders: Sequence[CountFolder], names: Sequence[str], on_class: OnClass
) -> Iterator[ClassTables]:
    for name in names:
        yield add_up([folder.read_hops(name) for folder in folders if name in folder.summaries])
        on_class(name)


def add_up(parts: Sequence[ClassTables]) -> ClassTables:
    """The total of one class counted in several parts, without influences."""
    return ClassTables(
        summary=_summaries_added([part.summary for part in parts]),
        activations=_rows_added("activations", [part.activations for part in parts]),
        hops=_rows_added("hops", [part.hops for part in parts]),
        outputs=_rows_added("outputs", [part.outputs for part in parts]),
        relevance=_relevance_added(parts),
    )


def _relevance_added(parts: Sequence[ClassTables]) -> pa.Table | None:
    """None if images of a part have none: a sum over some of the images would be wrong."""
    known = [part.relevance for part in parts if part.relevance or not part.summary.images]
    tables = [table for table in known if table is not None]
    return _rows_added("relevance", tables) if tables and len(known) == len(parts) else None


def _rows_added(table: str, parts: Sequence[pa.Table]) -> pa.Table:
    keys, value = KEYS[table], TABLES[table].names[-1]
    rows = pa.concat_tables(parts).group_by(keys).aggregate([(value, "sum")])
    return sorted_rows(table, rows.rename_columns([*keys, value]).select(TABLES[table].names))


def _summaries_added(parts: Sequence[ClassSummary]) -> ClassSummary:
    first = parts[0]
    for part in parts:
        if (part.output, part.title) != (first.output, first.title):
            raise CountFilesError(
                f"class {part.name!r} is output {first.output} in one folder and {part.output} in another: "
                "count it again with one --match and --labels"
            )
    images = sum(part.images for part in parts)
    if images > MOST_IMAGES:
        raise CountFilesError(f"class {first.name!r} has {images} images: {MOST_IMAGES} at most are counted")
    if first.output is None:
        return replace(first, images=images)
    return replace(
        first,
        images=images,
        top1=sum(part.top1 or 0 for part in parts),
        top5=sum(part.top5 or 0 for part in parts),
        histogram=tuple(map(sum, zip(*(part.histogram or () for part in parts), strict=True))),
    )


def _common_manifest(folders: Sequence[CountFolder]) -> Manifest:
    first = folders[0]
    for other in folders[1:]:
        if what := difference(first.manifest, other.manifest) or _differing_stops(first, other):
            raise CountFilesError(f"{other.path} does not merge with {first.path}: their {what} differ")
    skipped = {entry["file"]: entry for folder in folders for entry in folder.manifest.skipped}
    known = next((folder.manifest.input for folder in folders if folder.manifest.input), None)
    return replace(
        first.manifest,
        layers=_layers_known(folders),
        stops=_stops_known(folders),
        input=known,
        skipped=tuple(skipped.values()),
        package_version=__version__,
    )


def _differing_stops(first: CountFolder, other: CountFolder) -> str | None:
    """Compares names alone: format 1 does not record the number of an inner stop's channels."""
    one, another = ([(stop.layer, stop.name) for stop in folder.manifest.stops] for folder in (first, other))
    return None if one == another else "stops"


def _layers_known(folders: Sequence[CountFolder]) -> tuple[Layer, ...]:
    """The layers with their sizes, where one of the folders has them."""
    return max(
        (folder.manifest.layers for folder in folders), key=lambda layers: any(layer.size for layer in layers)
    )


def _stops_known(folders: Sequence[CountFolder]) -> tuple[CountedStop, ...]:
    """The stops of the folder that knows them best: of format 1 there is an upper bound of their channels."""
    return min(
        (folder.manifest.stops for folder in folders), key=lambda stops: sum(stop.channels for stop in stops)
    )
