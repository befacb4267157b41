"""Reads count folders: the manifest and, one at a time, the classes; checks hashes and rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from summit_graph.counts import format_1
from summit_graph.counts.checks import Contract, check_table, translate_read_errors
from summit_graph.counts.manifest import (
    CLASSES_SCHEMA,
    FORMAT,
    HOPS_SCHEMA,
    OUTCOME_SCHEMA,
    TABLES,
    ClassTables,
    Manifest,
    derive_influences,
    sorted_rows,
    with_influences,
)
from summit_graph.counts.manifest_checks import check_manifest, check_summaries
from summit_graph.counts.row_groups import RowGroups
from summit_graph.errors import CountFilesError, UsageError
from summit_graph.names import is_part, shortened
from summit_graph.records import ClassSummary
from summit_graph.system.atomic_files import sha256_of


class CountFolder:
    """An existing count folder: its manifest and, one at a time, its classes.

    A folder of format 1 is read as one of the current format.

    Raises:
        CountFilesError: the folder has no readable manifest or lacks a file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        value = self._read_json()
        self._is_current = value.get("format", 1) == FORMAT
        self._columns = TABLES if self._is_current else format_1.TABLES
        self.manifest = self._read_manifest(value)

    def _read_json(self) -> dict[str, Any]:
        file = self.path / "manifest.json"
        if not file.is_file():
            raise CountFilesError(
                f"{self.path} is not a finished count folder (it has no manifest.json): "
                "make one with summit-graph aggregate, or let an interrupted one finish"
            )
        with self._refusing_manifest():
            value = json.loads(file.read_text("utf-8"))
            check_manifest(value)
            return dict(value)

    def _read_manifest(self, value: Mapping[str, Any]) -> Manifest:
        with self._refusing_manifest():
            if self._is_current:
                return Manifest.from_json(value)
            with translate_read_errors(self.path / "hops.parquet"):
                hops = self._datasets["hops"] if self.has("hops") else None
                return format_1.read_manifest(value, hops, source=str(self.path))

    @contextmanager
    def _refusing_manifest(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError, UsageError) as error:
            file = self.path / "manifest.json"
            raise CountFilesError(f"{file} is not a count folder's manifest: {error}") from None

    def verify(self) -> None:
        """Check all of the folder, row by row, before it is used.

        Raises:
            CountFilesError: a file is damaged or missing, or violates SPEC 4.
        """
        self.verify_hashes()
        contract = Contract(self.manifest)
        for table in self._datasets:
            check_table(
                self.path / f"{table}.parquet",
                table,
                columns=self._columns[table],
                convert=partial(self._converted, table),
                contract=contract,
                summaries=self.summaries,
            )
        if self.has("hops") and self.has("influences"):
            self._verify_influences()

    def _verify_influences(self) -> None:
        """Derive every class's influences again; a tenth of a second a class, some percent of loading it."""
        for name in self.summaries:
            derived = derive_influences(self._rows_as_stored("hops", name), self.manifest)
            if not sorted_rows("influences", derived).equals(self._rows_of("influences", name)):
                raise CountFilesError(
                    f"{self.path / 'influences.parquet'}, class {shortened(name)!r}: they are not those of "
                    "hops.parquet: delete the file, then they are derived from the hops"
                )

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
            known = [column for column in OUTCOME_SCHEMA if column.name in data.schema.names]
            schema = pa.schema([*CLASSES_SCHEMA, *known])
            rows = data.to_table(columns=schema.names).cast(schema).to_pylist()
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
        tables = replace(
            self._without_influences(name),
            influences=self._rows_of("influences", name) if self.has("influences") else None,
        )
        return with_influences(tables, self.manifest)

    def read_to_load(self, name: str) -> ClassTables:
        """One class's tables in any order, without hops: several times faster."""
        if self.has("influences"):
            influences = self._rows_as_stored("influences", name)
        else:
            influences = derive_influences(self._rows_as_stored("hops", name), self.manifest)
        return ClassTables(
            summary=self.summaries[name],
            activations=self._rows_as_stored("activations", name),
            hops=HOPS_SCHEMA.empty_table(),
            influences=influences,
            outputs=self._rows_as_stored("outputs", name),
            relevance=self._rows_as_stored("relevance", name) if self.has("relevance") else None,
        )

    def read_hops(self, name: str) -> ClassTables:
        """One class without influences, which do not add up over images."""
        self.check_mergeable()
        return self._without_influences(name)

    def _without_influences(self, name: str) -> ClassTables:
        return ClassTables(
            summary=self.summaries[name],
            activations=self._rows_of("activations", name),
            hops=self._rows_of("hops", name),
            outputs=self._rows_of("outputs", name),
            relevance=self._rows_of("relevance", name) if self.has("relevance") else None,
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
        """One class's rows, sorted by key."""
        return sorted_rows(table, self._rows_as_stored(table, name))

    def _rows_as_stored(self, table: str, name: str) -> pa.Table:
        """One class's rows in the order of the file; text may be dictionaries. None without the file."""
        if not self.has(table):
            return TABLES[table].empty_table()
        return self._converted(table, self._row_groups[table].read(name)).select(TABLES[table].names)

    def _converted(self, table: str, rows: pa.Table) -> pa.Table:
        return rows if self._is_current else format_1.converted(table, rows, self.manifest.layers)

    @cached_property
    def _row_groups(self) -> dict[str, RowGroups]:
        columns = self._columns
        return {name: RowGroups(self.path / f"{name}.parquet", columns[name]) for name in self._datasets}

    @cached_property
    def _datasets(self) -> dict[str, pads.Dataset]:
        there = {name for name in self._columns if (self.path / f"{name}.parquet").is_file()}
        needed = {"activations"} if "influences" in there else {"activations", "hops"}
        columns = self._columns.items()
        return {name: self._dataset(name, schema) for name, schema in columns if name in there | needed}

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


def _summary(row: Mapping[str, Any]) -> ClassSummary:
    return ClassSummary(
        name=row["class"],
        output=row["output"],
        title=row["title"],
        images=row["images"],
        top1=row["top1"],
        top5=row["top5"],
        histogram=None if row["histogram"] is None else tuple(row["histogram"]),
        base=row.get("base"),
        outcome=row.get("outcome"),
    )
