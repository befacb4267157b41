"""What a count folder contains: its tables, one class of them, and the manifest (SPEC 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa

from summit_graph import __version__
from summit_graph.counts.merging import INFLUENCES_SCHEMA, merge_hops
from summit_graph.images.input_rule import InputRule, model_key
from summit_graph.records import ClassSummary, CountedStop, Layer, Parameters, Reads

#: The format that is written; folders without ``format`` are of format 1.
FORMAT = 2
ACTIVATIONS_SCHEMA = pa.schema([("layer", pa.string()), ("channel", pa.int32()), ("count", pa.int32())])
RELEVANCE_SCHEMA = pa.schema([("layer", pa.string()), ("channel", pa.int32()), ("relevance", pa.float64())])
HOPS_SCHEMA = pa.schema(
    [
        ("layer", pa.string()),
        ("stop", pa.string()),
        ("source", pa.string()),
        ("skip", pa.bool_()),
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
#: Further columns where classes are split by outcome.
OUTCOME_SCHEMA = pa.schema([("base", pa.string()), ("outcome", pa.string())])
#: The per-class files and their columns after ``class``.
TABLES = {
    "activations": ACTIVATIONS_SCHEMA,
    "hops": HOPS_SCHEMA,
    "influences": INFLUENCES_SCHEMA,
    "outputs": ACTIVATIONS_SCHEMA,
    "relevance": RELEVANCE_SCHEMA,
}
#: What identifies a row of a class, in the order that rows are sorted by.
KEYS = {
    "activations": ("layer", "channel"),
    "hops": ("layer", "stop", "source", "skip", "output", "input"),
    "influences": ("layer", "channel", "previous_layer", "previous"),
    "outputs": ("layer", "channel"),
    "relevance": ("layer", "channel"),
}


@dataclass(frozen=True)
class ClassTables:
    """The counts of one class; the tables have no class column and are sorted by key.

    Attributes:
        summary: name, output, number of images, accuracy.
        activations: ``ACTIVATIONS_SCHEMA``: A of this class.
        hops: ``HOPS_SCHEMA``: counts of every stop's inputs.
        influences: ``INFLUENCES_SCHEMA``: the hops merged; None until derived.
        outputs: ``ACTIVATIONS_SCHEMA``: how often each channel of the last layer supports the class's output.
        relevance: ``RELEVANCE_SCHEMA``: each channel's relevance, summed over the images; None where
            activations are counted.
    """

    summary: ClassSummary
    activations: pa.Table
    hops: pa.Table
    influences: pa.Table | None = None
    outputs: pa.Table = field(default_factory=ACTIVATIONS_SCHEMA.empty_table)
    relevance: pa.Table | None = None


@dataclass(frozen=True)
class Manifest:
    """What a count folder contains and how it was made (``manifest.json``, SPEC 4).

    ``layers`` are in order, from the lowest up; ``stops`` say what the channels between two layers read, in
    program order, and are empty where this is unknown (imported networks). ``input`` is None in folders
    written before it was recorded. ``weights`` is the name of the weights or "file", where ``model`` does not
    tell it. ``skipped`` has ``{"file", "reason"}`` of images left out; ``files`` has
    the SHA-256 of each file.
    """

    model: str
    weights_sha256: str
    parameters: Parameters
    layers: tuple[Layer, ...]
    dataset: str
    stops: tuple[CountedStop, ...] = ()
    images: Mapping[str, int] = field(default_factory=dict)
    skipped: Sequence[Mapping[str, str]] = ()
    package_version: str = __version__
    files: Mapping[str, str] = field(default_factory=dict)
    input: InputRule | None = None
    weights: str | None = None

    @property
    def model_key(self) -> str:
        """Key of the counted model: weights and input rule."""
        return model_key(self.weights_sha256, self.input)

    @property
    def widths(self) -> tuple[tuple[str, int], ...]:
        """The layers' names and numbers of channels, in order."""
        return tuple((layer.name, layer.channels) for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The manifest as JSON, in format 2."""
        return {
            "format": FORMAT,
            "model": self.model,
            "weights_sha256": self.weights_sha256,
            **({"weights": self.weights} if self.weights else {}),
            **({"input": self.input.to_json()} if self.input else {}),
            "parameters": self.parameters.to_json(),
            "dataset": self.dataset,
            "package_version": self.package_version,
            "layers": [
                {"name": layer.name, "channels": layer.channels, "size": layer.size and list(layer.size)}
                for layer in self.layers
            ],
            **_branches_to_json(self.layers),
            "stops": stops_to_json(self.stops),
            "images": dict(sorted(self.images.items())),
            "skipped": sorted(map(dict, self.skipped), key=lambda entry: entry["file"]),
            "files": dict(sorted(self.files.items())),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Manifest:
        """The inverse of ``to_json``; ``branches``, ``weights`` and ``input`` may be missing."""
        return cls(
            model=value["model"],
            weights_sha256=value["weights_sha256"],
            parameters=Parameters.from_json(value["parameters"]),
            layers=_layers_from_json(value["layers"], value.get("branches") or {}),
            dataset=value["dataset"],
            stops=stops_from_json(value["stops"]),
            images=value["images"],
            skipped=value["skipped"],
            package_version=value["package_version"],
            files=value["files"],
            input=InputRule.from_json(value["input"]) if value.get("input") else None,
            weights=value.get("weights"),
        )


class Counted(Protocol):
    """What was counted and how: of a manifest, or of a network in the database."""

    @property
    def weights_sha256(self) -> str | None: ...
    @property
    def model_key(self) -> str | None: ...
    @property
    def parameters(self) -> Parameters | None: ...
    @property
    def widths(self) -> tuple[tuple[str, int], ...]: ...


#: What must be equal for counts to belong together; the model's key is its weights and input rule.
_MUST_EQUAL = {
    "weights_sha256": "weights",
    "model_key": "input rules",
    "parameters": "parameters",
    "widths": "layers",
}


def difference(one: Counted, other: Counted) -> str | None:
    """What differs, so that counts do not belong together: "weights", "layers" …; None if they do."""
    differing = (what for name, what in _MUST_EQUAL.items() if getattr(one, name) != getattr(other, name))
    return next(differing, None)


def stops_to_json(stops: Sequence[CountedStop]) -> list[dict[str, Any]]:
    """Stops as in a manifest and on the Network node."""
    return [asdict(stop) for stop in stops]


def stops_from_json(value: Sequence[Mapping[str, Any]]) -> tuple[CountedStop, ...]:
    """The inverse of ``stops_to_json``."""
    return tuple(
        CountedStop(
            name=stop["name"],
            layer=stop["layer"],
            channels=stop["channels"],
            reads=tuple(_reads_from_json(one) for one in stop["reads"]),
        )
        for stop in value
    )


def _reads_from_json(value: Mapping[str, Any]) -> Reads:
    ranges = tuple((first, end) for first, end in value["channels"])
    return Reads(ranges, value["source"], value["skip"])


def _layers_from_json(
    layers: Sequence[Mapping[str, Any]], branches: Mapping[str, Sequence[int]]
) -> tuple[Layer, ...]:
    return tuple(
        Layer(
            name=layer["name"],
            channels=layer["channels"],
            branches=tuple(branches[layer["name"]]) if layer["name"] in branches else None,  # type: ignore[arg-type]  # four
            size=tuple(layer["size"]) if layer.get("size") else None,
            position=position,
        )
        for position, layer in enumerate(layers)
    )


def _branches_to_json(layers: Sequence[Layer]) -> dict[str, Any]:
    """InceptionV1's branch widths; other networks have none."""
    branches = {layer.name: list(layer.branches) for layer in layers if layer.branches}
    return {"branches": branches} if branches else {}


def sorted_rows(table: str, rows: pa.Table) -> pa.Table:
    """One class's rows of a table, sorted by key, with the types of the format."""
    ordered = rows.cast(TABLES[table]).sort_by([(key, "ascending") for key in KEYS[table]])
    return ordered.combine_chunks()


def with_influences(tables: ClassTables, manifest: Manifest) -> ClassTables:
    """The class with influences; missing ones are derived from its hops."""
    if tables.influences is not None:
        return tables
    return replace(tables, influences=derive_influences(tables.hops, manifest))


def derive_influences(hops: pa.Table, manifest: Manifest) -> pa.Table:
    """Derive one class's influences from its hops."""
    return merge_hops(hops, layers=manifest.layers, stops=manifest.stops, parameters=manifest.parameters)
