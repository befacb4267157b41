"""Reads count folders: the manifest and, one at a time, the classes; checks hashes and rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from summit_graph.counts.checks import (
    Contract,
    check_manifest,
    check_summaries,
    check_table,
    translate_read_errors,
)
from summit_graph.counts.manifest import (
    CLASSES_SCHEMA,
    HOPS_SCHEMA,
    TABLES,
    ClassTables,
    Manifest,
    derive_influences,
    with_influences,
)
from summit_graph.counts.row_groups import RowGroups
from summit_graph.errors import CountFilesError, UsageError
from summit_graph.names import is_part, shortened
from summit_graph.records import BRANCHES, ClassSummary, Layer
from summit_graph.system.atomic_files import sha256_of

#: Branch widths of the standard InceptionV1, for manifests without branches.
STANDARD_BRANCHES = {
    "mixed3a": (64, 128, 32, 32),
    "mixed3b": (128, 192, 96, 64),
    "mixed4a": (192, 208, 48, 64),
    "mixed4b": (160, 224, 64, 64),
    "mixed4c": (128, 256, 64, 64),
    "mixed4d": (112, 288, 64, 64),
    "mixed4e": (256, 320, 128, 128),
    "mixed5a": (256, 320, 128, 128),
    "mixed5b": (384, 384, 128, 128),
}


class CountFolder:
    """An existing count folder: its manifest and, one at a time, its classes.

    Raises:
        CountFilesError: the folder has no readable manifest or lacks a file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = self._read_manifest()
        if any(layer.branches is None for layer in self.manifest.layers):
            self.manifest = replace(self.manifest, layers=self._layers_with_branches())

    def _read_manifest(self) -> Manifest:
        file = self.path / "manifest.json"
        if not file.is_file():
            raise CountFilesError(
                f"{self.path} is not a finished count folder (it has no manifest.json): "
                "make one with summit-graph aggregate, or let an interrupted one finish"
            )
        try:
            value = json.loads(file.read_text("utf-8"))
            check_manifest(value)
            return Manifest.from_json(value)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError, UsageError) as error:
            raise CountFilesError(f"{file} is not a count folder's manifest: {error}") from None

    def verify(self) -> None:
        """Check the whole folder, row by row, before it is used.

        Raises:
            CountFilesError: a file is damaged or missing, or violates SPEC 4.
        """
        self.verify_hashes()
        contract = Contract(self.manifest.layers, self.manifest.parameters)
        for table in self._datasets:
            check_table(self.path / f"{table}.parquet", table, contract, self.summaries)

    def verify_hashes(self) -> None:
        """Compare every file with its SHA-256 in the manifest; CountFilesError names one that differs.

        ``influences.parquet`` may be missing if there are hops, from which it is derived.
        """
        for name, expected in self.manifest.files.items():
            if name == "influences.parquet" and not self.has("influences") and self.has("hops"):
                continue
            if not is_part(name) or not (self.path / name).is_file():
                lacking = self.path / shortened(name)
                raise CountFilesError(f"{lacking} is missing: copy the count folder again")
            if sha256_of(self.path / name) != expected:
                raise CountFilesError(
                    f"{self.path / name} is damaged (its SHA-256 is another): copy it again"
                )
        for name in ("classes", *self._datasets):
            if f"{name}.parquet" not in self.manifest.files:
                raise CountFilesError(f"{self.path / 'manifest.json'} lists no hash of {name}.parquet")

    @cached_property
    def summaries(self) -> dict[str, ClassSummary]:
        """The classes by name, ascending.

        Raises:
            CountFilesError: they differ from the manifest, or a value is impossible.
        """
        data, images = self._dataset("classes", CLASSES_SCHEMA), self.manifest.images
        with translate_read_errors(self.path / "classes.parquet"):
            if data.count_rows() != len(images):
                raise ValueError(f"it has {data.count_rows()} classes, and manifest.json {len(images)}")
            rows = data.to_table(columns=CLASSES_SCHEMA.names).cast(CLASSES_SCHEMA).to_pylist()
            check_summaries(rows, images)
        return {row["class"]: _summary(row) for row in sorted(rows, key=lambda row: row["class"])}

    def check_loadable(self, names: Sequence[str]) -> None:
        """Raise CountFilesError if a class has no activation and so no graph."""
        rows = self._datasets["activations"].to_table(columns=["class"])
        active = set(pc.unique(rows["class"]).to_pylist())
        for name in names:
            if name not in active:
                raise CountFilesError(
                    f"{self.path}: class {name!r} activates no channel, so it has no graph: "
                    "load the others with --class"
                )

    def read_class(self, name: str) -> ClassTables:
        """One class; missing influences are derived."""
        tables = ClassTables(
            summary=self.summaries[name],
            activations=self._rows_of("activations", name),
            hops=self._rows_of("hops", name) if self.has("hops") else HOPS_SCHEMA.empty_table(),
            influences=self._rows_of("influences", name) if self.has("influences") else None,
        )
        return with_influences(tables, self.manifest)

    def read_to_load(self, name: str) -> ClassTables:
        """One class's activations and influences in any order, without hops: several times faster."""
        activations = self._row_groups["activations"].read(name)
        if self.has("influences"):
            influences = self._row_groups["influences"].read(name)
        else:
            influences = derive_influences(self._row_groups["hops"].read(name), self.manifest)
        return ClassTables(self.summaries[name], activations, HOPS_SCHEMA.empty_table(), influences)

    def read_hops(self, name: str) -> ClassTables:
        """One class without influences, which do not add up over images."""
        self.check_mergeable()
        return ClassTables(
            self.summaries[name], self._rows_of("activations", name), self._rows_of("hops", name)
        )

    def check_mergeable(self) -> None:
        """Raise CountFilesError if the folder has no hops: influences do not add up."""
        if not self.has("hops"):
            raise CountFilesError(
                f"{self.path} has no hops.parquet (it was exported from a graph), so it does not merge"
            )

    def has(self, table: str) -> bool:
        """Whether the folder has this file: hops or influences may be missing, not both."""
        return table in self._datasets

    def influences_at_most(self) -> int:
        """Number of influences, or of hops if the influences are not yet derived."""
        return self._datasets["influences" if self.has("influences") else "hops"].count_rows()

    def _rows_of(self, table: str, name: str) -> pa.Table:
        schema = TABLES[table]
        data = self._datasets[table]
        rows = data.to_table(columns=schema.names, filter=pc.field("class") == name)
        keys = [(column, "ascending") for column in schema.names if column not in ("count", "via")]
        return rows.cast(schema).sort_by(keys).combine_chunks()

    @cached_property
    def _row_groups(self) -> dict[str, RowGroups]:
        return {table: RowGroups(self.path / f"{table}.parquet", TABLES[table]) for table in self._datasets}

    @cached_property
    def _datasets(self) -> dict[str, pads.Dataset]:
        there = {name for name in TABLES if (self.path / f"{name}.parquet").is_file()}
        needed = {"activations"} if "influences" in there else {"activations", "hops"}
        return {name: self._dataset(name, TABLES[name]) for name in TABLES if name in there | needed}

    def _dataset(self, name: str, schema: pa.Schema) -> pads.Dataset:
        file = self.path / f"{name}.parquet"
        try:
            data = pads.dataset(file)
        except (OSError, pa.ArrowException) as error:
            raise CountFilesError(f"{file} cannot be read: {error}") from None
        missing = [column for column in ("class", *schema.names) if column not in data.schema.names]
        if missing:
            raise CountFilesError(f"{file} lacks the column {missing[0]}")
        return data

    def _layers_with_branches(self) -> tuple[Layer, ...]:
        layers = self.manifest.layers
        if all(sum(STANDARD_BRANCHES[layer.name]) == layer.channels for layer in layers):
            return tuple(replace(layer, branches=STANDARD_BRANCHES[layer.name]) for layer in layers)
        return tuple(replace(layer, branches=self._branches_seen(layer)) for layer in layers)

    def _branches_seen(self, layer: Layer) -> tuple[int, int, int, int] | None:
        """Branch widths estimated from hops: a branch starts at its lowest output."""
        if not self.has("hops"):
            return None
        of_layer = (pc.field("layer") == layer.name) & (pc.field("stage") != "reduce")
        with translate_read_errors(self.path / "hops.parquet"):
            rows = self._datasets["hops"].to_table(columns=["branch", "output"], filter=of_layer)
        lowest = rows.group_by("branch").aggregate([("output", "min")]).to_pylist()
        starts = {row["branch"]: row["output_min"] for row in lowest}
        if not starts:
            return None
        bounds = [layer.channels]
        for branch in reversed(BRANCHES[1:]):
            bounds.append(starts.get(branch, bounds[-1]))
        if bounds != sorted(bounds, reverse=True):
            raise CountFilesError(f"{self.path}: the branches of {layer.name} overlap in hops.parquet")
        pool, five, three = bounds[1:]
        return three, five - three, pool - five, layer.channels - pool


def _summary(row: Mapping[str, Any]) -> ClassSummary:
    return ClassSummary(
        name=row["class"],
        output=row["output"],
        title=row["title"],
        images=row["images"],
        top1=row["top1"],
        top5=row["top5"],
        histogram=None if row["histogram"] is None else tuple(row["histogram"]),
    )
