"""What the Python API returns: results that a notebook shows as the explorer does, and that write themselves.

Each is also what it was without that: a NetworkX graph, a ``Comparison``, a DataFrame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import networkx
import pandas as pd

from summit_graph.analysis.comparison import Comparison
from summit_graph.display.page import MakePage, frame_of
from summit_graph.errors import UsageError
from summit_graph.pictures.index import Pictures
from summit_graph.records import AttributionGraph, Channel
from summit_graph.system.atomic_files import check_writable, write_whole

if TYPE_CHECKING:
    import neo4j_viz


class ShowsItself:
    """A result with an interactive page: in a notebook it shows itself, and ``to_html`` writes the page.

    A copy that a library makes of it, such as a subgraph, has no page.
    """

    page: MakePage | None = None

    def _repr_html_(self) -> str | None:
        """What notebooks show; None for a copy without a page, which is shown as text."""
        return None if self.page is None else frame_of(self.page(), title=type(self).__name__)

    def to_html(self, file: str | Path) -> None:
        """Write one HTML file with pictures, styles and scripts inside, for any browser.

        Raises:
            UsageError: it is a copy without a page.
            OSError: the file cannot be written.
        """
        if self.page is None:
            raise UsageError("a copy of a result has no page: call to_html on the result itself")
        check_writable(Path(file).absolute().parent)
        write_whole(Path(file), self.page())


class ClassGraph(ShowsItself, networkx.DiGraph):
    """A class's attribution graph: a ``networkx.DiGraph`` that a notebook shows.

    Nodes have names like ``mixed4c/447`` and have layer, channel, count and pagerank; edges run from the
    lower channel to the upper and have count and, through a bottleneck, via.

    Attributes:
        attribution: the same graph as a record; None in a copy.
        pictures: the pictures of the model's channels.
        labels: the user's own labels of channels, from a subgraph.
    """

    attribution: AttributionGraph | None = None
    pictures: Pictures = Pictures()
    labels: Mapping[Channel, str] = MappingProxyType({})

    def to_png(self, file: str | Path) -> None:
        """Write the graph with its pictures on one page; a name that ends in ``.pdf`` gives a PDF.

        It is drawn as by ``summit-graph sheet``.

        Raises:
            UsageError: the file is neither a .png nor a .pdf, or this is a copy.
        """
        from summit_graph.pictures.sheet import Sheet, write_sheet

        sheet = Sheet(self._record("to_png"), self.pictures, self.labels)
        write_sheet(sheet, Path(file).absolute())

    def viz(self) -> neo4j_viz.VisualizationGraph:
        """The graph as an object of ``neo4j-viz``, with rows as in the explorer; ``.render()`` shows it.

        Raises:
            UsageError: ``neo4j-viz`` is not installed, or this is a copy.
        """
        from summit_graph.display.neo4j_viz_graph import to_neo4j_viz

        return to_neo4j_viz(self._record("viz"))

    def _record(self, method: str) -> AttributionGraph:
        if self.attribution is None:
            raise UsageError(f"a copy of a class's graph has no record: call {method} on the graph itself")
        return self.attribution


class ComparisonTables(NamedTuple):
    """A comparison as tables; ``in`` is ``shared``, ``some`` or ``only``, a class's column its images."""

    channels: pd.DataFrame
    edges: pd.DataFrame
    layers: pd.DataFrame


@dataclass(frozen=True)
class ClassComparison(ShowsItself, Comparison):
    """A ``Comparison`` that a notebook shows."""

    page: MakePage | None = field(default=None, repr=False, compare=False)

    def tables(self) -> ComparisonTables:
        """Channels, edges and layers as tables."""
        channels = [
            {"channel": str(one.channel), "in": self.holders(one.counts), **one.counts}
            for one in self.channels
        ]
        edges = [
            {"previous": str(one.previous), "channel": str(one.channel), "in": self.holders(one.counts)}
            | dict(one.counts)
            for one in self.edges
        ]
        counts = dict.fromkeys(self.classes, "Int64")
        return ComparisonTables(
            pd.DataFrame(channels, columns=["channel", "in", *self.classes]).astype(counts),
            pd.DataFrame(edges, columns=["previous", "channel", "in", *self.classes]).astype(counts),
            pd.DataFrame(self.layers, columns=["layer", "jaccard", "cosine"]),
        )


class MotifTable(ShowsItself, pd.DataFrame):  # type: ignore[misc]  # to_html writes pictures, no table
    """A table of motifs that a notebook shows with its pictures; a part of it is a plain DataFrame."""

    _metadata: ClassVar[list[str]] = ["page"]

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame
