"""Writes count folders.

Equal counts give equal bytes, however many runs or machines produced them: rows are sorted by key, rows with
count zero are left out, and each class is one row group. Files are written to a hidden subfolder and then
moved; the manifest is moved last, so a folder with a manifest is complete.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from summit_graph.counts.baseline_files import BASELINES
from summit_graph.counts.manifest import (
    CLASSES_SCHEMA,
    OUTCOME_SCHEMA,
    TABLES,
    ClassTables,
    Manifest,
    with_influences,
)
from summit_graph.counts.manifest_checks import check_manifest
from summit_graph.errors import CountFilesError
from summit_graph.records import ClassSummary
from summit_graph.system.atomic_files import sha256_of, write_whole
from summit_graph.system.file_lock import exclusive_lock
from summit_graph.system.own_folders import MARK, delete_own_folder, is_own_folder, make_own_folder

#: Encodings that all common readers support; BYTE_STREAM_SPLIT is 8 % smaller for indices, but few do.
_ENCODINGS = {pa.int32(): "DELTA_BINARY_PACKED", pa.bool_(): "PLAIN", pa.float64(): "PLAIN"}
#: Numbers with few distinct values, stored as a dictionary.
_FEW_NUMBERS = ("count", "via")
#: The table of sums that only counts by relevance have.
SUMS = "relevance"
#: What an export adds: the labels of the network's channels, which other counts make out of date.
LABELS_FILE = "labels.parquet"
#: Lock file in the hidden subfolder.
_LOCK = "lock"


def write_count_folder(
    folder: Path, manifest: Manifest, classes: Iterable[ClassTables], *, tables: Sequence[str] = tuple(TABLES)
) -> Manifest:
    """Write the manifest and the classes, which must be in ascending order by name.

    Args:
        folder: created if missing; an existing count folder in it is replaced.
        manifest: ``images`` and ``files`` are filled in here; ``skipped`` may grow while classes are written.
        classes: consumed one at a time and not kept.
        tables: the files to write; without ``influences`` readers derive them, without ``hops`` (an
            export from a graph, which has none) the folder loads but does not merge. Sums of relevance are
            written where the classes have them.

    Returns:
        The manifest as written.
    """
    with _FolderWriter(folder, tables) as writer:
        for one in classes:
            writer.add(with_influences(one, manifest) if "influences" in tables else one)
        return writer.finish(manifest)


class _FolderWriter:
    """Writes a count folder to a hidden subfolder, then moves it into place; one process at a time."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.staging = folder / ".writing"
        self.names = names
        self.summaries: list[ClassSummary] = []
        self._held = ExitStack()

    def __enter__(self) -> _FolderWriter:
        self._refuse_other_files()
        busy = f"another process is writing count files into {self.folder}: wait for it"
        make_own_folder(self.staging, known_by=_LOCK)
        self._held.enter_context(exclusive_lock(self.staging / _LOCK, otherwise=busy))
        for left in self.staging.iterdir():  # left by a killed process
            if left.name not in (_LOCK, MARK):
                left.unlink()
        self.writers = {name: self._writer(name) for name in self.names if name != SUMS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            for writer in self.writers.values():
                writer.close()
            shutil.rmtree(self.staging, ignore_errors=True)

    def _refuse_other_files(self) -> None:
        """Keep files that are not a count folder's; a killed writer leaves its staging folder."""
        manifest = self.folder / "manifest.json"
        names = [manifest.name, *(f"{name}.parquet" for name in ("classes", *TABLES)), LABELS_FILE]
        found = [name for name in names if (self.folder / name).exists()]
        if found and not (is_own_folder(self.staging) or _is_manifest(manifest)):
            raise CountFilesError(
                f"{self.folder} has {found[0]}, but is not a count folder: name another folder, or move it"
            )
        if (self.folder / BASELINES).exists() and not is_own_folder(self.folder / BASELINES):
            raise CountFilesError(
                f"{self.folder / BASELINES} was not made by summit-graph: name another folder, or move it"
            )

    def add(self, tables: ClassTables) -> None:
        if self.summaries and tables.summary.name <= self.summaries[-1].name:
            raise CountFilesError(f"class {tables.summary.name!r} is out of order or appears twice")
        self.summaries.append(tables.summary)
        if tables.relevance is not None and SUMS not in self.writers:
            self.writers[SUMS] = self._writer(SUMS)
        for name, writer in self.writers.items():
            rows = getattr(tables, name)
            if rows:
                writer.write_table(_with_class(rows, tables.summary.name), row_group_size=len(rows))

    def _writer(self, name: str) -> pq.ParquetWriter:
        return _parquet_writer(self.staging / f"{name}.parquet", name)

    def finish(self, manifest: Manifest) -> Manifest:
        for writer in self.writers.values():
            writer.close()
        pq.write_table(_summaries_table(self.summaries), self.staging / "classes.parquet", compression="zstd")
        files = sorted(self.staging.glob("*.parquet"))
        written = replace(
            manifest,
            images={summary.name: summary.images for summary in self.summaries},
            files={file.name: sha256_of(file) for file in files},
        )
        (self.folder / "manifest.json").unlink(missing_ok=True)
        for name in ("classes", *TABLES):  # not other Parquet files
            (self.folder / f"{name}.parquet").unlink(missing_ok=True)
        (self.folder / LABELS_FILE).unlink(missing_ok=True)
        delete_own_folder(self.folder / BASELINES)
        for file in files:
            file.rename(self.folder / file.name)
        _write_manifest(self.folder, written)
        return written


def _is_manifest(file: Path) -> bool:
    try:
        check_manifest(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError):
        return False
    return True


def _parquet_writer(file: Path, name: str) -> pq.ParquetWriter:
    schema = TABLES[name].insert(0, pa.field("class", pa.string()))
    words = [column.name for column in schema if column.type == pa.string() or column.name in _FEW_NUMBERS]
    encoded = {column.name: _ENCODINGS[column.type] for column in schema if column.name not in words}
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=9,  # a tenth smaller than level 3, at no measurable cost
        use_dictionary=words,
        column_encoding=encoded,
    )


def _with_class(rows: pa.Table, name: str) -> pa.Table:
    return rows.add_column(0, "class", pa.repeat(name, len(rows)))


def _summaries_table(summaries: Sequence[ClassSummary]) -> pa.Table:
    are_split = any(summary.outcome for summary in summaries)
    schema = pa.schema([*CLASSES_SCHEMA, *OUTCOME_SCHEMA]) if are_split else CLASSES_SCHEMA
    columns = {
        name: [getattr(summary, "name" if name == "class" else name) for summary in summaries]
        for name in schema.names
    }
    return pa.table(columns, schema=schema)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    text = json.dumps(manifest.to_json(), indent=1, ensure_ascii=False) + "\n"
    write_whole(folder / "manifest.json", text)
