"""Count files: a folder of Parquet files and a manifest that hold everything counted for some classes.

Equal counts are equal bytes: rows are sorted by their key, zero rows are left out, and every class is a row
group of its own, whoever wrote the folder and in how many runs. A folder is written beside its final files
and moved into place with the manifest last, so a folder with a manifest is always whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from summit_graph import __version__
from summit_graph.count_contract import (
    Contract,
    check_manifest,
    check_summaries,
    check_table,
    told_unreadable,
)
from summit_graph.counts.row_groups import RowGroups
from summit_graph.counts.two_hops import INFLUENCES_SCHEMA, merge_hops
from summit_graph.errors import CountFilesError, UsageError
from summit_graph.images.input_rule import InputRule, model_key
from summit_graph.names import is_part, shortened
from summit_graph.records import BRANCHES, ClassSummary, Layer, Parameters, layers_from_json
from summit_graph.system.atomic_files import sha256_of
from summit_graph.system.file_lock import alone
from summit_graph.system.own_folders import MARK, make_own_folder

ACTIVATIONS_SCHEMA = pa.schema([("layer", pa.string()), ("channel", pa.int32()), ("count", pa.int32())])
HOPS_SCHEMA = pa.schema(
    [
        ("layer", pa.string()),
        ("branch", pa.string()),
        ("stage", pa.string()),
        ("output", pa.int32()),
        ("input", pa.int32()),
        ("count", pa.int32()),
    ]
)
CLASSES_SCHEMA = pa.schema(
    [
        ("class", pa.string()),
        ("output", pa.int32()),
        ("title", pa.string()),
        ("images", pa.int32()),
        ("top1", pa.int32()),
        ("top5", pa.int32()),
        ("histogram", pa.list_(pa.int32())),
    ]
)
#: The per-class files and their columns after ``class``.
TABLES = {"activations": ACTIVATIONS_SCHEMA, "hops": HOPS_SCHEMA, "influences": INFLUENCES_SCHEMA}
#: How indices are encoded: all common readers know it, and BYTE_STREAM_SPLIT, 8 % smaller, few.
_NUMBERS = "DELTA_BINARY_PACKED"
#: Numbers that have few different values: kept as a dictionary.
_FEW_NUMBERS = ("count", "via")
#: Held within the hidden subfolder while it is filled.
_LOCK = "lock"
#: Branch widths of the standard InceptionV1, for folders whose manifest does not tell them.
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


@dataclass(frozen=True)
class ClassTables:
    """What was counted for one class; the tables have no class column and are sorted by key.

    Attributes:
        summary: name, output, number of images, accuracy.
        activations: ``ACTIVATIONS_SCHEMA``: A of this class.
        hops: ``HOPS_SCHEMA``: counts of every convolution.
        influences: ``INFLUENCES_SCHEMA``: the hops merged; None until derived.
    """

    summary: ClassSummary
    activations: pa.Table
    hops: pa.Table
    influences: pa.Table | None = None


@dataclass(frozen=True)
class Manifest:
    """What a count folder holds and how it was made (``manifest.json``, SPEC 4).

    In the file ``layers`` has each layer's number of channels and ``branches`` how many of them come from its
    branches 1x1, 3x3, 5x5 and pool, in this order; where others wrote the file, ``branches`` may be missing.
    ``input`` is missing (None) in folders written before it was recorded.
    ``skipped`` holds ``{"file", "reason"}`` of images left out; ``files`` the SHA-256 of each file.
    """

    model: str
    weights_sha256: str
    parameters: Parameters
    layers: tuple[Layer, ...]
    dataset: str
    images: Mapping[str, int] = field(default_factory=dict)
    skipped: Sequence[Mapping[str, str]] = ()
    package_version: str = __version__
    files: Mapping[str, str] = field(default_factory=dict)
    input: InputRule | None = None

    @property
    def model_key(self) -> str:
        """Which model was counted: weights and input rule."""
        return model_key(self.weights_sha256, self.input)

    def to_json(self) -> dict[str, Any]:
        """The manifest as it stands in the file."""
        return {
            "model": self.model,
            "weights_sha256": self.weights_sha256,
            **({"input": self.input.to_json()} if self.input else {}),
            "parameters": self.parameters.to_json(),
            "dataset": self.dataset,
            "package_version": self.package_version,
            "layers": {layer.name: layer.channels for layer in self.layers},
            "branches": {layer.name: list(layer.branches) for layer in self.layers if layer.branches},
            "images": dict(sorted(self.images.items())),
            "skipped": sorted(map(dict, self.skipped), key=lambda entry: entry["file"]),
            "files": dict(sorted(self.files.items())),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Manifest:
        """The inverse of ``to_json``; ``branches`` and ``input`` may be missing."""
        return cls(
            model=value["model"],
            weights_sha256=value["weights_sha256"],
            parameters=Parameters.from_json(value["parameters"]),
            layers=layers_from_json(value["layers"], value.get("branches")),
            dataset=value["dataset"],
            images=value["images"],
            skipped=value["skipped"],
            package_version=value["package_version"],
            files=value["files"],
            input=InputRule.from_json(value["input"]) if value.get("input") else None,
        )


def with_influences(tables: ClassTables, manifest: Manifest) -> ClassTables:
    """The same class with its influences derived from its hops, where they are missing."""
    if tables.influences is not None:
        return tables
    return replace(tables, influences=derive_influences(tables.hops, manifest))


def derive_influences(hops: pa.Table, manifest: Manifest) -> pa.Table:
    """The influences that follow from one class's hops."""
    return merge_hops(hops, layers=manifest.layers, excluded=manifest.parameters.excluded)


def write_count_folder(
    folder: Path, manifest: Manifest, classes: Iterable[ClassTables], *, tables: Sequence[str] = tuple(TABLES)
) -> Manifest:
    """Write the classes, which come in ascending order of their names, and the manifest.

    Args:
        folder: made where it is missing; a former count folder in it is replaced.
        manifest: ``images`` and ``files`` are filled in here; ``skipped`` may grow while classes come.
        classes: read one at a time and not kept.
        tables: the files to write; without ``influences`` readers derive them, without ``hops`` (an
            export from a graph, which has none) the folder loads but does not merge.

    Returns:
        The manifest as written.
    """
    with _FolderWriter(folder, tables) as writer:
        for one in classes:
            writer.add(with_influences(one, manifest) if "influences" in tables else one)
        return writer.finish(manifest)


class _FolderWriter:
    """Collects a count folder in a hidden subfolder and moves it into place whole; one process at a time."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.staging = folder / ".writing"
        self.names = names
        self.summaries: list[ClassSummary] = []
        self._held = ExitStack()

    def __enter__(self) -> _FolderWriter:
        told = f"another process is writing count files into {self.folder}: wait for it"
        make_own_folder(self.staging, known_by=_LOCK)
        self._held.enter_context(alone(self.staging / _LOCK, otherwise=told))
        for left in self.staging.iterdir():  # by a process that was killed
            if left.name not in (_LOCK, MARK):
                left.unlink()
        self.writers = {name: _parquet_writer(self.staging / f"{name}.parquet", name) for name in self.names}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            for writer in self.writers.values():
                writer.close()
            shutil.rmtree(self.staging, ignore_errors=True)

    def add(self, tables: ClassTables) -> None:
        if self.summaries and tables.summary.name <= self.summaries[-1].name:
            raise CountFilesError(f"class {tables.summary.name!r} came out of order or twice")
        self.summaries.append(tables.summary)
        for name, writer in self.writers.items():
            rows = getattr(tables, name)
            if len(rows):
                writer.write_table(_with_class(rows, tables.summary.name), row_group_size=len(rows))

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
        for name in ("classes", *TABLES):  # nobody else's Parquet files
            (self.folder / f"{name}.parquet").unlink(missing_ok=True)
        for file in files:
            file.rename(self.folder / file.name)
        _write_manifest(self.folder, written)
        return written


class CountFolder:
    """A count folder that is there: its manifest and, one at a time, its classes.

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
        """Check the whole folder, row by row, before anything is made of it.

        Raises:
            CountFilesError: a file is damaged or missing, or holds what SPEC 4 does not allow.
        """
        self.verify_hashes()
        contract = Contract(self.manifest.layers, self.manifest.parameters)
        for table in self._datasets:
            check_table(self.path / f"{table}.parquet", table, contract, self.summaries)

    def verify_hashes(self) -> None:
        """Compare every file with its SHA-256 in the manifest; CountFilesError names one that differs.

        ``influences.parquet`` may be missing where the hops are there: it follows from them.
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
            CountFilesError: they are not those of the manifest, or one could not be.
        """
        data, images = self._dataset("classes", CLASSES_SCHEMA), self.manifest.images
        with told_unreadable(self.path / "classes.parquet"):
            if data.count_rows() != len(images):
                raise ValueError(f"it has {data.count_rows()} classes, and manifest.json {len(images)}")
            rows = data.to_table(columns=CLASSES_SCHEMA.names).cast(CLASSES_SCHEMA).to_pylist()
            check_summaries(rows, images)
        return {row["class"]: _summary(row) for row in sorted(rows, key=lambda row: row["class"])}

    def check_loadable(self, names: Sequence[str]) -> None:
        """CountFilesError where one of the classes has no activation: it has no graph."""
        rows = self._datasets["activations"].to_table(columns=["class"])
        active = set(pc.unique(rows["class"]).to_pylist())
        for name in names:
            if name not in active:
                raise CountFilesError(
                    f"{self.path}: class {name!r} activates no channel, so it has no graph: "
                    "load the others with --class"
                )

    def read_class(self, name: str) -> ClassTables:
        """One class, its influences derived where the folder has none."""
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
        """One class without influences: what adds up over images."""
        self.check_mergeable()
        return ClassTables(
            self.summaries[name], self._rows_of("activations", name), self._rows_of("hops", name)
        )

    def check_mergeable(self) -> None:
        """CountFilesError where the folder has no hops: influences do not add up."""
        if not self.has("hops"):
            raise CountFilesError(
                f"{self.path} has no hops.parquet (it was exported from a graph), so it does not merge"
            )

    def has(self, table: str) -> bool:
        """Whether the folder has this file: hops or influences may be missing, not both."""
        return table in self._datasets

    def influences_at_most(self) -> int:
        """How many influences there are; where they are still to be derived, how many hops."""
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
        """Branch widths as far as hops tell them: a branch starts at its lowest output seen."""
        if not self.has("hops"):
            return None
        of_layer = (pc.field("layer") == layer.name) & (pc.field("stage") != "reduce")
        with told_unreadable(self.path / "hops.parquet"):
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


def _parquet_writer(file: Path, name: str) -> pq.ParquetWriter:
    schema = TABLES[name].insert(0, pa.field("class", pa.string()))
    words = [column.name for column in schema if column.type == pa.string() or column.name in _FEW_NUMBERS]
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=9,  # a tenth smaller than level 3 at no cost that shows
        use_dictionary=words,
        column_encoding={name: _NUMBERS for name in schema.names if name not in words},
    )


def _with_class(rows: pa.Table, name: str) -> pa.Table:
    return rows.add_column(0, "class", pa.repeat(name, len(rows)))


def _summaries_table(summaries: Sequence[ClassSummary]) -> pa.Table:
    columns = {
        name: [getattr(summary, "name" if name == "class" else name) for summary in summaries]
        for name in CLASSES_SCHEMA.names
    }
    return pa.table(columns, schema=CLASSES_SCHEMA)


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


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    staged = folder / ".writing" / "manifest.json"
    staged.write_text(json.dumps(manifest.to_json(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    staged.rename(folder / "manifest.json")
