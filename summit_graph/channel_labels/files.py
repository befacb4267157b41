"""A Parquet file of labels, as the atlas carries one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from summit_graph.records import Alternative, Channel, ChannelLabel, LabelSource

#: ``label`` is null where no text describes the channel well; ``alternatives`` is JSON, as in the graph.
LABELS_SCHEMA = pa.schema(
    [
        ("layer", pa.string()),
        ("channel", pa.int32()),
        ("label", pa.string()),
        ("score", pa.float64()),
        ("source", pa.string()),
        ("alternatives", pa.string()),
    ]
)
_SOURCES = b"sources"


def write_label_file(
    file: Path, labels: Mapping[Channel, ChannelLabel], sources: Sequence[LabelSource]
) -> None:
    """Write labels and where they come from, the preferred source first."""
    rows = [
        (one.layer, one.index, label.text, label.score, label.source, alternatives_text(label))
        for one, label in labels.items()
    ]
    columns = {name: [row[at] for row in rows] for at, name in enumerate(LABELS_SCHEMA.names)}
    schema = LABELS_SCHEMA.with_metadata({_SOURCES: ",".join(sources).encode()})
    pq.write_table(pa.table(columns, schema=schema), file, compression="zstd")


def read_label_file(file: Path) -> tuple[dict[Channel, ChannelLabel], tuple[LabelSource, ...]]:
    """The labels and their sources."""
    table = pq.read_table(file)
    labels = {
        Channel(row["layer"], row["channel"]): ChannelLabel(
            row["label"], row["score"], row["source"], alternatives_of(row["alternatives"])
        )
        for row in table.to_pylist()
    }
    return labels, tuple(table.schema.metadata[_SOURCES].decode().split(","))


def alternatives_text(label: ChannelLabel) -> str:
    """A label's alternatives as JSON text."""
    return json.dumps([asdict(one) for one in label.alternatives], ensure_ascii=False)


def alternatives_of(text: str) -> tuple[Alternative, ...]:
    """The inverse of ``alternatives_text``."""
    return tuple(Alternative(**one) for one in json.loads(text))
