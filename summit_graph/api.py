"""Python API: ``summit_graph.connect()`` opens the database; its methods correspond to the commands."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from summit_graph.defaults import LESS_CONTRIBUTING, LOWEST_SUPPORT, MOTIFS, NEIGHBOURS, REWIRINGS
from summit_graph.errors import UsageError
from summit_graph.settings import DatabaseSettings

if TYPE_CHECKING:
    import pandas as pd

    from summit_graph.aggregate.run import OnProgress
    from summit_graph.counts.folder import CountFolder
    from summit_graph.display.results import ClassComparison, ClassGraph, MotifTable
    from summit_graph.formats.report_tables import FaithfulnessTables
    from summit_graph.images.given import Images
    from summit_graph.model.sources import AnyModel, InputOptions
    from summit_graph.records import ChannelLabel, Engine, Parameters, RankingEngine, SelectedBy
    from summit_graph.store.connection import Database
    from summit_graph.workflows.count_given import Counts
    from summit_graph.workflows.faithfulness import Measuring

FOUND_COLUMNS = ("kind", "name", "text", "matched", "by", "score")
LABEL_COLUMNS = ("channel", "layer", "label", "score", "source", "alternatives")
NETWORK_COLUMNS = ("name", "model", "dataset", "images", "classes", "measure_text")
CLASS_COLUMNS = ("name", "title", "output", "images", "top1", "top5")


def connect(uri: str | None = None, *, network: str | None = None) -> Connection:
    """Open the database at ``uri``, else at ``NEO4J_URI``, else the local one, which is started if needed.

    Use it in a ``with`` block, or call ``close`` at the end.

    Args:
        uri: such as ``bolt://localhost:7687``; user and password come from the environment.
        network: name of the network; needed only if there are several.

    Raises:
        DatabaseError: no database answers, or the login is refused.

    Example:
        >>> import summit_graph
        >>> with summit_graph.connect() as summit:
        ...     print(list(summit.classes().columns))
        ['name', 'title', 'output', 'images', 'top1', 'top5']
    """
    from summit_graph.store.connection import find_address, open_database

    with ExitStack() as stack:
        database = stack.enter_context(open_database(find_address(DatabaseSettings.of(uri))))
        return Connection(database, network, opened=stack.pop_all())


def count(
    model: AnyModel,
    images: Images,
    out: str | Path | None = None,
    *,
    labels: str | Path | Sequence[str] | None = None,
    layers: Sequence[str] = (),
    input: InputOptions | None = None,
    parameters: Parameters | None = None,
    device: str = "auto",
    processes: int | None = 1,
    skip_bad: bool = False,
    on_progress: OnProgress | None = None,
) -> Counts:
    """Count which channels and influences matter for each class of images, as ``aggregate`` does.

    Args:
        model: an ``nn.Module``, which stays as it is, or a value of ``--model`` such as ``resnet50``.
        images: a folder, tar or list of images by class, or a mapping of class -> files, pictures of Pillow
            or uint8 arrays of (height, width, 3).
        out: the count folder, from which an interrupted run continues; None for one that is deleted with the
            result.
        labels: the names of the model's outputs, or a file of them.
        layers: patterns of the layers to count; none for all that are on all paths.
        input: how images become the model's input, such as ``InputOptions(resize=32, crop=32)``; what is not
            given is as for ImageNet.
        parameters: what counts, such as ``Parameters(measure="relevance")``.
        device: auto, cpu, cuda or cuda:N.
        processes: how many work in parallel; None for one per core. With more than one, a script must be
            importable (``if __name__ == "__main__":``).
        skip_bad: skip files that are not images; ``notes`` of the result lists them.
        on_progress: called with the number of images done, of all images, and of skipped files.

    Raises:
        SummitGraphError: of the model, the images or the labels.
    """
    from summit_graph.records import Parameters
    from summit_graph.workflows.count_given import count_images, read_any_model
    from summit_graph.workflows.counting import HowCounted

    how = HowCounted(
        parameters=parameters or Parameters(), device=device, processes=processes, skip_bad=skip_bad
    )
    [counted] = read_any_model(model, [how.parameters], layers=layers, input_=input)
    named = Path(labels) if isinstance(labels, str) else labels
    folder = None if out is None else Path(out)
    return count_images(counted, images, folder, named, how, on_progress=on_progress)


class Connection:
    """An open database and one of its networks.

    Classes are given by name, title, WordNet id or output index. Results stay usable after it is closed.
    """

    def __init__(
        self, database: Database, network: str | None = None, *, opened: ExitStack | None = None
    ) -> None:
        self.database = database
        self._network = network
        self._opened = opened or ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, traceback)

    def close(self) -> None:
        """Close the connection; a local server keeps running."""
        self._opened.close()

    @property
    def network(self) -> str:
        """The network's name; UsageError if none was given and there are several."""
        from summit_graph.store.networks import find_network

        return find_network(self.database, self._network).name

    def networks(self) -> pd.DataFrame:
        """The networks in the database: ``NETWORK_COLUMNS``."""
        from summit_graph.store.networks import list_networks

        found = list_networks(self.database)
        return _table(
            NETWORK_COLUMNS, [[getattr(one, column) for column in NETWORK_COLUMNS] for one in found]
        )

    def classes(self) -> pd.DataFrame:
        """The network's classes: ``CLASS_COLUMNS``."""
        from summit_graph.views.classes import list_classes

        found = [asdict(stored.summary) for stored in list_classes(self.database, self.network)]
        return _table(CLASS_COLUMNS, [[one[column] for column in CLASS_COLUMNS] for one in found])

    def load(
        self,
        counts: CountFolder | str | Path,
        *,
        network: str | None = None,
        select: SelectedBy = "pagerank",
        ranking: Engine | None = None,
        on_class: Callable[[str], None] = lambda name: None,
    ) -> str:
        """Load and rank the classes of a count folder; returns the network's name.

        Args:
            counts: what ``count`` returned, or a count folder's path.
            network: None for the network with the same weights and parameters, or a new one.
            select: the score that channels are selected by.
            ranking: ``gds`` or ``local``; None for GDS where the server has it.
            on_class: called with each class's name when it is loaded.

        Raises:
            SummitGraphError: the network was made with another model or other parameters.
        """
        from summit_graph.counts.folder import CountFolder
        from summit_graph.workflows.load import load_counts

        folder = counts if isinstance(counts, CountFolder) else CountFolder(Path(counts))
        folder.verify()
        loaded = load_counts(
            self.database,
            folder,
            network or self._network,
            names=list(folder.summaries),
            selected_by=select,
            engine=ranking,
            on_class=on_class,
        )
        return loaded.name

    def rank(
        self,
        *classes: str,
        select: SelectedBy = "pagerank",
        ranking: RankingEngine | None = None,
        on_class: Callable[[str], None] = lambda name: None,
    ) -> None:
        """Rank the channels of classes, or of all, and select their graphs again; see ``load``.

        Args:
            ranking: ``gds``, ``local``, or ``sessions`` for a session of Aura Graph Analytics.
        """
        from summit_graph.ranking.pagerank import rank_network
        from summit_graph.records import Parameters
        from summit_graph.store.networks import find_network
        from summit_graph.views.classes import find_class, list_classes

        network = find_network(self.database, self._network)
        named = [find_class(self.database, network.name, one) for one in classes]
        rank_network(
            self.database,
            network,
            network.parameters or Parameters(),
            classes=named or list_classes(self.database, network.name),
            selected_by=select,
            engine=ranking,
            on_class=on_class,
        )

    def graph(self, class_: str, *, subgraph: Path | str | None = None, groups: bool = False) -> ClassGraph:
        """A class's attribution graph (paper 5.3): a ``networkx.DiGraph`` that a notebook shows.

        Args:
            subgraph: a file saved in the explorer, whose labels, notes and supernodes the nodes get; if it
                shows pinned channels only, so does the graph. Pinned channels that the class's graph lacks
                are added with their strongest influences; a warning names those that cannot be.
            groups: whether each stored group of channels is a supernode (``summit-graph groups``).

        Nodes have names like ``mixed4c/447`` and have layer, channel, count, pagerank and, if labelled,
        label; edges run from the lower channel to the upper and have count and, through a bottleneck, via.
        ``to_html`` and ``to_png`` write it to a file.

        Example:
            >>> graph = summit.graph("lion")
            >>> sorted(graph.nodes[next(iter(graph))])
            ['channel', 'count', 'layer', 'pagerank']
            >>> graph.to_html("lion.html")
        """
        from summit_graph.display.reading import read_graph_page
        from summit_graph.display.results import ClassGraph
        from summit_graph.formats.graph_text import to_networkx
        from summit_graph.formats.subgraphs import NO_SUBGRAPH, read_subgraph
        from summit_graph.views.beyond import with_pinned
        from summit_graph.views.channel_groups import read_graph_groups
        from summit_graph.views.graphs import read_attribution_graph

        own = read_subgraph(Path(subgraph)) if subgraph else NO_SUBGRAPH
        whole = read_attribution_graph(self.database, self.network, class_)
        own.check_is_of(whole)
        whole = with_pinned(self.database, whole, own)
        if missing := own.missing_in(whole):
            warnings.warn(missing, stacklevel=2)
        record = own.part_of(whole)
        found = read_graph_groups(self.database, record) if groups else None
        result = ClassGraph(to_networkx(record, own.with_groups(found or ())))
        result.attribution = record
        result.labels = own.labels
        result.page, result.pictures = read_graph_page(self.database, record, own, found)
        return result

    def tables(self, class_: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A class's attribution graph as tables of its nodes and of its edges."""
        from summit_graph.views.graphs import read_attribution_graph

        graph = read_attribution_graph(self.database, self.network, class_)
        nodes = [
            [str(one.channel), one.channel.layer, one.count, one.pagerank, one.label and one.label.text]
            for one in graph.nodes
        ]
        edges = [[str(one.previous), str(one.channel), one.count, one.via] for one in graph.edges]
        return (
            _table(("channel", "layer", "count", "pagerank", "label"), nodes),
            _table(("previous", "channel", "count", "via"), edges).astype({"via": "Int64"}),
        )

    def labels(self) -> pd.DataFrame:
        """The labels of the channels: ``LABEL_COLUMNS``; empty before ``label``.

        ``label`` is None where no text describes the channel well; ``alternatives`` are other texts.
        """
        from summit_graph.views.channel_labels import read_labels

        rows = [
            [str(channel), channel.layer, one.text, one.score, one.source, _alternatives(one)]
            for channel, one in read_labels(self.database, self.network).items()
        ]
        return _table(LABEL_COLUMNS, rows)

    def label(self, concepts: Path | None = None) -> pd.DataFrame:
        """Label the channels by the classes that they fire for, else by their pictures; returns ``labels()``.

        Args:
            concepts: a file with concepts of your own, as of ``summit-graph label --concepts``.
        """
        from summit_graph.channel_labels.hierarchy import read_concepts
        from summit_graph.store.networks import find_network
        from summit_graph.workflows.label import choose_labellers, label_network

        own = read_concepts(concepts) if concepts else None
        found = find_network(self.database, self._network)
        label_network(self.database, found, choose_labellers(own), own=own)
        return self.labels()

    def find(self, word: str) -> pd.DataFrame:
        """Classes and channels that a word names: ``FOUND_COLUMNS``, the best matches first.

        Args:
            word: a name, synonym, WordNet id, output index or hypernym of a class (``dog`` finds all dogs), a
                label of channels, or a channel such as ``mixed4c/12``. Typos are tolerated.
        """
        from summit_graph.views.finding import find

        rows = [
            [getattr(one, name) for name in FOUND_COLUMNS] for one in find(self.database, self.network, word)
        ]
        return _table(FOUND_COLUMNS, rows)

    def compare(self, *classes: str) -> ClassComparison:
        """Compare the attribution graphs of two or more classes; a notebook shows their union.

        Example:
            >>> both = summit.compare("lion", "bus")
            >>> channels, edges, layers = both.tables()
            >>> list(channels.columns)
            ['channel', 'in', 'lion', 'bus']
        """
        from summit_graph.display.reading import read_comparison_page
        from summit_graph.display.results import ClassComparison
        from summit_graph.views.comparison import read_comparison

        found = read_comparison(self.database, self.network, classes)
        parts = {one.name: getattr(found, one.name) for one in fields(found)}
        return ClassComparison(**parts, page=read_comparison_page(self.database, found))

    def neighbours(self, class_: str, *, limit: int = NEIGHBOURS) -> pd.DataFrame:
        """The most similar classes in each layer, by the cosine of their rows of A (paper 6.2)."""
        from summit_graph.views.activations import read_neighbours

        found = read_neighbours(self.database, self.network, class_, limit=limit)
        rows = [[layer, one.name, one.title, one.cosine] for layer, near in found.items() for one in near]
        return _table(("layer", "class", "title", "cosine"), rows)

    def motifs(
        self,
        *,
        shape: str = "chain",
        size: int | None = None,
        min_support: int = LOWEST_SUPPORT,
        rewirings: int = REWIRINGS,
        classes: Sequence[str] | None = None,
        limit: int | None = MOTIFS,
    ) -> MotifTable:
        """The structures that recur in the graphs of many classes; see ``summit_graph.analysis.motifs``.

        One row per motif; a notebook shows the pictures of their channels.

        Example:
            >>> found = summit.motifs(min_support=2, limit=3)
            >>> list(found.columns)
            ['channels', 'support', 'classes', 'expected', 'z', 'p', 'q']
        """
        from summit_graph.analysis.motifs import mine_motifs
        from summit_graph.display.reading import read_motifs_page
        from summit_graph.display.results import MotifTable
        from summit_graph.views.graph_sets import read_graph_set

        graphs = read_graph_set(self.database, self.network, classes)
        mined = mine_motifs(graphs, shape=shape, size=size, min_support=min_support, rewirings=rewirings)
        selected = list(mined.select(min_support=min_support, limit=limit))
        rows = [
            [tuple(map(str, one.channels)), one.support, one.classes, one.expected, one.z, one.p, one.q]
            for one in selected
        ]
        table = MotifTable(_table(("channels", "support", "classes", "expected", "z", "p", "q"), rows))
        table.page = read_motifs_page(self.database, self.network, selected)
        return table

    def groups(self, *, layer: str | None = None) -> pd.DataFrame:
        """The channels that do the same work as others of their layer, by the groups that are stored.

        ``redundancy`` is how alike a channel is to ``nearest``; ``concepts`` is how many its label has.
        """
        from summit_graph.views.channel_groups import read_groups

        rows = [
            [group.layer, group.number, group.name, *one.to_json().values()]
            for group in read_groups(self.database, self.network, layer=layer)
            for one in group.members
        ]
        columns = ("layer", "group", "name", "channel", "nearest", "redundancy", "label", "concepts")
        return _table(columns, rows).astype({"concepts": "Int64"})

    def specific_channels(self, class_: str) -> pd.DataFrame:
        """How specific each channel is to a class against all others, the most specific first."""
        from summit_graph.views.activations import read_specificity
        from summit_graph.views.channel_labels import read_label_texts

        found = read_specificity(self.database, self.network, class_)
        texts = read_label_texts(self.database, self.network, [one.channel for one in found])
        rows = [
            [str(one.channel), one.count, one.lift, one.p, one.q, texts.get(one.channel)] for one in found
        ]
        columns = ("channel", "count", "lift", "p", "q", "label")
        return _table(columns, rows).sort_values(["p", "channel"])

    def less_contributing(self, class_: str, *, limit: int = LESS_CONTRIBUTING) -> pd.DataFrame:
        """Channels that fire often for a class and seldom speak for or against it (paper 8).

        Needs the networks of the same model by ``relevance`` and ``against``.
        """
        from summit_graph.views.less_contributing import read_less_contributing

        found = read_less_contributing(self.database, self.network, class_, limit=limit)
        columns = ("channel", "count", "fires", "supports", "opposes", "of_largest")
        rows = [[getattr(one, column) for column in columns] for one in found]
        return _table(columns, rows).astype({"channel": str})

    def faithfulness(
        self,
        class_: str,
        *,
        model: AnyModel | None = None,
        images: Images | None = None,
        layers: Sequence[str] = (),
        input: InputOptions | None = None,
        parts: Sequence[str] | None = None,
        how: Measuring | None = None,
        show: Callable[[str, int, int], None] = lambda what, done, total: None,
    ) -> FaithfulnessTables:
        """How much of a class's log-odds its graph carries, as tables.

        With a model and images, what is not measured yet is measured first, as by ``summit-graph
        faithfulness``; without, only what is stored is read.

        Args:
            model, images, layers, input: as of ``count``; images of the class and of others.
            parts: the parts to measure; None for all but stability and sanity.
            how: device, number of images, seed and so on.
            show: called with what is measured, and how much of it is done.

        Raises:
            UnknownNameError: nothing is measured, and no model and images are given.
            UsageError: only one of model and images is given.
        """
        from summit_graph.formats.report_tables import FaithfulnessTables
        from summit_graph.views.faithfulness import read_class_report

        if (model is None) != (images is None):
            raise UsageError("faithfulness measures with a model and images: give both, or neither")
        if model is not None and images is not None:
            from summit_graph.workflows.measure_given import measure_given

            measure_given(
                *(self.database, self._network, class_, model, images),
                layers=layers,
                input_=input,
                parts=parts,
                how=how,
                show=show,
            )
        return FaithfulnessTables(read_class_report(self.database, self.network, class_))

    def query(self, name: str, **parameters: object) -> pd.DataFrame:
        """The result of a named query of ``cypher/``, such as ``query("top_channels", class_="lion")``.

        Pass a list as a list, such as ``classes=["crane, bird", "lion"]``; None omits a parameter.
        Add an underscore to a name that is a Python keyword.
        """
        from summit_graph.store.own_queries import find_any_query
        from summit_graph.views.questions import run_question

        texts = {key.rstrip("_"): _texts(value) for key, value in parameters.items()}
        given = {key: text for key, text in texts.items() if text is not None}
        columns, rows = run_question(self.database, find_any_query(name), given, network=self._network)
        return _table(columns, rows)


def _alternatives(label: ChannelLabel) -> tuple[str, ...]:
    return tuple(one.text for one in label.alternatives)


def _texts(value: object) -> str | list[str] | None:
    """A parameter's value as text; a list as a list of texts."""
    if value is None or isinstance(value, str):
        return value
    return list(map(str, value)) if isinstance(value, Iterable) else str(value)


def _table(columns: Sequence[str], rows: list[list[Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))
