"""A Parquet file of labels, as the atlas and an exported network have one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from summit_graph.channel_labels.hierarchy import parse_hierarchy
from summit_graph.errors import SummitGraphError, first_line
from summit_graph.records import Alternative, Channel, ChannelLabel, LabelSource
from summit_graph.system.atomic_files import replaced_whole

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
#: Metadata: the sources, separated by commas; whether the labels were made of the network's classes; the
#: user's own concepts.
_SOURCES, _CURRENT, _CONCEPTS = b"sources", b"current", b"concepts"


class LabelFile(NamedTuple):
    """Labels and how they were made.

    Attributes:
        sources: the preferred one first.
        current: whether the labels are of the network's classes.
        concepts: the user's own, as of ``Labelling``.
    """

    labels: dict[Channel, ChannelLabel]
    sources: tuple[LabelSource, ...]
    current: bool = True
    concepts: str | None = None


def write_label_file(file: Path, content: LabelFile) -> None:
    """Write labels, from the lowest layer up."""
    rows = [
        (one.layer, one.index, label.text, label.score, label.source, alternatives_text(label))
        for one, label in content.labels.items()
    ]
    columns = {name: [row[at] for row in rows] for at, name in enumerate(LABELS_SCHEMA.names)}
    about = {_SOURCES: ",".join(content.sources), _CURRENT: "true" if content.current else "false"}
    about |= {_CONCEPTS: content.concepts} if content.concepts else {}
    table = pa.table(columns, schema=LABELS_SCHEMA.with_metadata(about))
    with replaced_whole(file) as staged:
        pq.write_table(table, staged, compression="zstd")


def read_label_file(file: Path) -> LabelFile:
    """The labels in a file.

    Raises:
        SummitGraphError: the file is damaged, or is not one of labels.
    """
    try:
        table = pq.read_table(file)
        labels = {
            Channel(row["layer"], row["channel"]): ChannelLabel(
                row["label"], row["score"], row["source"], alternatives_of(row["alternatives"])
            )
            for row in table.cast(LABELS_SCHEMA).to_pylist()
        }
        about = table.schema.metadata
        sources = tuple(about[_SOURCES].decode().split(","))
        concepts = about[_CONCEPTS].decode() if _CONCEPTS in about else None
        if concepts is not None:
            parse_hierarchy(concepts)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SummitGraphError(f"{file} cannot be read as labels of channels: {first_line(error)}") from None
    return LabelFile(labels, sources, about.get(_CURRENT) != b"false", concepts)


def alternatives_text(label: ChannelLabel) -> str:
    """A label's alternatives as JSON text."""
    return json.dumps([asdict(one) for one in label.alternatives], ensure_ascii=False)


def alternatives_of(text: str) -> tuple[Alternative, ...]:
    """The inverse of ``alternatives_text``."""
    return tuple(Alternative(**one) for one in json.loads(text))
