"""What a count folder contains: its tables, one class of them, and the manifest (SPEC 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from summit_graph import __version__
from summit_graph.counts.two_hops import INFLUENCES_SCHEMA, merge_hops
from summit_graph.images.input_rule import InputRule, model_key
from summit_graph.records import ClassSummary, Layer, Parameters, layers_from_json

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


@dataclass(frozen=True)
class ClassTables:
    """The counts of one class; the tables have no class column and are sorted by key.

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
    """What a count folder contains and how it was made (``manifest.json``, SPEC 4).

    In the file ``layers`` has each layer's number of channels, and ``branches`` the widths of its branches
    1x1, 3x3, 5x5 and pool. ``branches`` may be missing in files from other programs. ``input`` is missing
    (None) in folders written before it was recorded. ``skipped`` has ``{"file", "reason"}`` of images left
    out; ``files`` has the SHA-256 of each file.
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
        """Key of the counted model: weights and input rule."""
        return model_key(self.weights_sha256, self.input)

    def to_json(self) -> dict[str, Any]:
        """The manifest as JSON."""
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
    """The class with influences; missing ones are derived from its hops."""
    if tables.influences is not None:
        return tables
    return replace(tables, influences=derive_influences(tables.hops, manifest))


def derive_influences(hops: pa.Table, manifest: Manifest) -> pa.Table:
    """Derive one class's influences from its hops."""
    return merge_hops(hops, layers=manifest.layers, excluded=manifest.parameters.excluded)
