"""Classes against classes in a real Neo4j: comparison, import and export, neighbours, specificity, motifs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from summit_graph.analysis.motifs import mine_motifs
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError, SummitGraphError, UsageError
from summit_graph.formats.graph_text import to_json_text, to_text
from summit_graph.formats.published import PublishedFormError
from summit_graph.ranking.communities import find_communities
from summit_graph.ranking.pagerank import rank_network
from summit_graph.records import Channel, Parameters
from summit_graph.store.connection import Database
from summit_graph.store.motifs import write_motifs
from summit_graph.store.networks import find_network, list_networks
from summit_graph.store.queries import find_query, list_queries
from summit_graph.store.removal import remove_class
from summit_graph.views.activations import read_neighbours, read_specificity
from summit_graph.views.classes import find_class, list_classes
from summit_graph.views.comparison import read_comparison
from summit_graph.views.graph_sets import read_graph_set
from summit_graph.views.graphs import read_attribution_graph
from summit_graph.views.pictures import read_pictures
from summit_graph.views.published import read_imported_graph
from summit_graph.views.questions import run_question
from summit_graph.workflows.embed import embed_network
from summit_graph.workflows.export_network import export_network
from summit_graph.workflows.import_network import import_path
from summit_graph.workflows.load import NetworkLoader
from tests.count_tables import class_tables, manifest, random_class
from tests.random_graphs import graph_set
from tests.shapes import SEEDS, load_shapes, shape_classes
from tests.test_published import contents, entry

NETWORK = "inception5h-imagenet"
PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "summit-published"


def write_published(folder: Path, **graphs: dict[str, list[dict[str, Any]]]) -> Path:
    """Published files by output: ``_294={"mixed3a": [...]}``."""
    (folder / "ag").mkdir(parents=True, exist_ok=True)
    for output, value in graphs.items():
        (folder / "ag" / f"ag{output.replace('_', '-')}.json").write_text(json.dumps(value))
    return folder


@pytest.fixture
def bears(fresh_database: Database, tmp_path: Path) -> Database:
    """Three imported classes.

    294: 3a/1 and 3a/2 influence 3b/5;  295: 3a/1 influences 3b/5 and 3b/6;  296: nothing in common.
    """
    folder = write_published(
        tmp_path / "published",
        _294={
            "mixed3b": [entry(5, "mixed3b", (1, 10), (2, 20))],
            "mixed3a": [entry(1, "mixed3a"), entry(2, "mixed3a")],
        },
        _295={
            "mixed3b": [entry(5, "mixed3b", (1, 30)), entry(6, "mixed3b", (1, 40))],
            "mixed3a": [entry(1, "mixed3a")],
        },
        _296={"mixed4a": [entry(9, "mixed4a")]},
    )
    import_path(fresh_database, folder)
    return fresh_database


def test_comparison_by_hand(bears: Database) -> None:
    """Shared, union and only, channels and edges, sorted by layer, then index."""
    found = read_comparison(bears, NETWORK, ["294", "n02133161"]).to_json()
    brown, black = "n02132136", "n02133161"
    assert found["classes"] == [brown, black]
    assert found["shared"] == {
        "channels": ["mixed3a/1", "mixed3b/5"],
        "edges": [["mixed3a/1", "mixed3b/5"]],
    }
    assert found["union"]["channels"] == ["mixed3a/1", "mixed3a/2", "mixed3b/5", "mixed3b/6"]
    assert found["only"] == {
        brown: {"channels": ["mixed3a/2"], "edges": [["mixed3a/2", "mixed3b/5"]]},
        black: {"channels": ["mixed3b/6"], "edges": [["mixed3a/1", "mixed3b/6"]]},
    }
    assert found["layers"][:3] == [
        {"layer": "mixed3a", "jaccard": 0.5, "cosine": None},
        {"layer": "mixed3b", "jaccard": 0.5, "cosine": None},
        {"layer": "mixed4a", "jaccard": None, "cosine": None},
    ]


def test_comparison_keeps_counts(bears: Database) -> None:
    """A shared edge has each class's own count."""
    found = read_comparison(bears, NETWORK, ["294", "295"])
    counts = {(str(edge.previous), str(edge.channel)): dict(edge.counts) for edge in found.edges}
    assert counts["mixed3a/1", "mixed3b/5"] == {"n02132136": 10, "n02133161": 30}


def test_comparison_of_three(bears: Database) -> None:
    """A channel in two of three classes is not shared and not in only one class."""
    found = read_comparison(bears, NETWORK, ["294", "295", "296"]).to_json()
    assert found["shared"] == {"channels": [], "edges": []}
    assert found["only"]["n02132136"]["channels"] == ["mixed3a/2"]
    assert found["only"]["n02134084"]["channels"] == ["mixed4a/9"]


def test_graphs_of_different_selections_are_not_compared(fresh_database: Database) -> None:
    """Channels would differ because of the selection, not of the classes (kind: comparing unlike things)."""
    load_shapes(fresh_database, shape_classes())
    network, bear = find_network(fresh_database, "shapes"), find_class(fresh_database, "shapes", "bear")
    rank_network(fresh_database, network, Parameters(), classes=[bear], selected_by="counts")
    with pytest.raises(UsageError, match="by counts and that of 'lion' by pagerank"):
        read_comparison(fresh_database, "shapes", ["bear", "lion"])


def test_comparing_one_class_is_a_usage_error(bears: Database) -> None:
    """Also if the same class is given twice."""
    with pytest.raises(UsageError, match="two different classes"):
        read_comparison(bears, NETWORK, ["294", "brown bear"])


def test_cosine_is_of_the_rows_of_a(shapes: Database) -> None:
    """Equal classes have cosine 1 in every layer; for three it is the mean over pairs, as with numpy."""
    same = read_comparison(shapes, "shapes", ["bear", "bear again"])
    assert [one.cosine for one in same.layers] == pytest.approx([1.0] * 9)
    assert [one.jaccard for one in same.layers] == [1.0] * 9
    names = ["bear", "bus", "lion"]
    three = read_comparison(shapes, "shapes", names)
    for layer in three.layers:
        rows = [row_of_a(SEEDS[name], layer.layer) for name in names]
        units = [row / np.linalg.norm(row) for row in rows]
        pairs = [units[0] @ units[1], units[0] @ units[2], units[1] @ units[2]]
        assert layer.cosine == pytest.approx(np.mean(pairs))


def row_of_a(seed: int, layer: str) -> np.ndarray:
    row = np.zeros(8)
    for one in random_class("any", seed).activations.to_pylist():
        if one["layer"] == layer:
            row[one["channel"]] = one["count"]
    return row


def test_a_row_of_zeros_has_no_cosine(fresh_database: Database) -> None:
    """The cosine is undefined in a layer without activation, and 0 for rows without common channels."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    loader.load_class(class_tables("a", [("mixed3a", 1, 5), ("mixed3b", 1, 5)]))
    loader.load_class(class_tables("b", [("mixed3a", 2, 5)]))
    layers = read_comparison(fresh_database, "shapes", ["a", "b"]).layers
    assert (layers[0].cosine, layers[1].cosine) == (0.0, None)


def test_import_writes_only_graphs(bears: Database) -> None:
    """Imported classes have SELECTS and SELECTED_INFLUENCE and no counts of the full network."""
    with bears.driver.session() as session:
        kinds = {row["kind"]: row["number"] for row in session.run(
            "MATCH (a)-[r]->(:Channel) WHERE a:Class OR a:Channel "
            "RETURN type(r) AS kind, count(*) AS number ORDER BY kind")}  # fmt: skip
        one = session.run("MATCH (:Class {output: 294})-[r:SELECTS]->(c {index: 5}) RETURN r").single()
    assert kinds == {"SELECTED_INFLUENCE": 4, "SELECTS": 7}
    assert one is not None
    assert json.loads(one["r"]["attr_channels"]) == [{"prev_channel": "31", "inf": 9}]
    network = list_networks(bears)[0]
    assert (network.name, network.classes, network.parameters) == (NETWORK, 3, None)


def test_importing_again_replaces_the_class(bears: Database, tmp_path: Path) -> None:
    """A class that is imported again exists once, with its new graph."""
    import_path(bears, write_published(tmp_path / "new", _294={"mixed3a": [entry(7, "mixed3a")]}))
    graph = read_attribution_graph(bears, NETWORK, "294")
    assert [str(node.channel) for node in graph.nodes] == ["mixed3a/7"]
    assert len(list_classes(bears, NETWORK)) == 3


def test_an_import_with_a_damaged_file_changes_nothing(bears: Database, tmp_path: Path) -> None:
    """If one file is damaged, no class of the folder is imported."""
    folder = write_published(
        tmp_path / "new", _1={"mixed3a": []}, _294={"mixed3a": [{"channel": 1}]}
    )  # fmt: skip
    with pytest.raises(PublishedFormError, match=r"ag-294\.json"):
        import_path(bears, folder)
    assert {stored.summary.output for stored in list_classes(bears, NETWORK)} == {294, 295, 296}


def test_import_into_a_counted_network_is_refused(shapes: Database, tmp_path: Path) -> None:
    """A network with counts does not accept graphs without them."""
    folder = write_published(tmp_path / "new", _294={"mixed3a": [entry(7, "mixed3a")]})
    with pytest.raises(SummitGraphError, match="has counts"):
        import_path(shapes, folder, network="shapes")


def test_export_of_imported_classes_is_the_same(bears: Database, tmp_path: Path) -> None:
    """The exported files have the content of the imported files."""
    export_network(bears, find_network(bears, NETWORK), tmp_path / "out")
    for file in (tmp_path / "published" / "ag").iterdir():
        written = json.loads((tmp_path / "out" / "ag" / file.name).read_text())
        assert contents({key: value for key, value in written.items() if value}) == contents(
            json.loads(file.read_text())
        )


def test_an_export_can_be_imported(shapes: Database, tmp_path: Path) -> None:
    """An exported network is imported with the same attribution graphs."""
    export_network(shapes, find_network(shapes, "shapes"), tmp_path / "out")
    import_path(shapes, tmp_path / "out", network="again")
    before, after = (read_attribution_graph(shapes, name, "lion") for name in ("shapes", "again"))
    assert before.edges == after.edges
    assert [node.channel for node in before.nodes] == [node.channel for node in after.nodes]
    assert [node.pagerank for node in after.nodes] == pytest.approx([node.pagerank for node in before.nodes])


def test_an_export_does_not_replace_counted_hops(shapes: Database, tmp_path: Path) -> None:
    """A folder with hops is refused with its name and not changed."""
    write_count_folder(tmp_path / "counts", manifest(), [random_class("bear", 1)])
    before = {file.name: file.read_bytes() for file in (tmp_path / "counts").iterdir()}
    with pytest.raises(CountFilesError, match=r"counts holds counted hops .* another folder"):
        export_network(shapes, find_network(shapes, "shapes"), tmp_path / "counts")
    assert {file.name: file.read_bytes() for file in (tmp_path / "counts").iterdir()} == before


def test_an_export_removes_files_of_removed_classes(shapes: Database, tmp_path: Path) -> None:
    """The class's file of an earlier export is removed; other files are kept."""
    network = find_network(shapes, "shapes")
    export_network(shapes, network, tmp_path / "out")
    (tmp_path / "out" / "graphs" / "mine.json").write_text("{}")
    remove_class(shapes, "shapes", "ox")
    export_network(shapes, network, tmp_path / "out")
    left = {file.name for file in (tmp_path / "out" / "graphs").iterdir()}
    assert left == {"bear.json", "bear again.json", "bus.json", "lion.json", "mine.json"}


def test_export_next_to_graphs_of_other_classes_is_refused(bears: Database, tmp_path: Path) -> None:
    """They would be imported together, and the existing files may be the authors' published graphs."""
    folder = write_published(tmp_path / "theirs", _1={"mixed3a": []})
    with pytest.raises(CountFilesError, match=r"ag-1\.json belongs to no class of this network"):
        export_network(bears, find_network(bears, NETWORK), folder)
    assert [file.name for file in (folder / "ag").iterdir()] == ["ag-1.json"]


@pytest.mark.parametrize("output", [None, 294])
def test_no_two_classes_are_exported_into_one_file(
    output: int | None, bears: Database, tmp_path: Path
) -> None:
    """Kind: identity by base name. Published files are named after outputs, so each class needs its own."""
    set_output = "MATCH (class:Class {output: 295}) SET class.output = $output"
    with bears.driver.session() as session:
        session.run(set_output, output=output).consume()
    with pytest.raises(CountFilesError, match="cannot be exported: its file is named after its output"):
        export_network(bears, find_network(bears, NETWORK), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_class_with_the_name_of_a_path_is_not_exported(shapes: Database, tmp_path: Path) -> None:
    """No file is written outside the folder."""
    with shapes.driver.session() as session:
        session.run("MATCH (class:Class {name: 'ox'}) SET class.name = '../../ox'").consume()
    with pytest.raises(CountFilesError, match="cannot be exported"):
        export_network(shapes, find_network(shapes, "shapes"), tmp_path / "a" / "out")
    assert not (tmp_path / "ox.json").exists()


@pytest.mark.parametrize("name", ["x" * 249, "x" * 255, "é" * 127])
def test_a_class_with_a_long_name_is_exported(name: str, shapes: Database, tmp_path: Path) -> None:
    """Kind: names as file names. With the longest name of a folder, it is exported and imported."""
    with shapes.driver.session() as session:
        session.run("MATCH (class:Class {name: 'ox'}) SET class.name = $name", name=name).consume()
    export_network(shapes, find_network(shapes, "shapes"), tmp_path / "out")
    assert len(list((tmp_path / "out" / "graphs").glob("*.json"))) == 5
    assert name in CountFolder(tmp_path / "out").summaries


def test_an_export_that_cannot_be_written_reads_nothing(shapes: Database, tmp_path: Path) -> None:
    """Kind: late failures are checked first. The folder's path is a file."""
    (tmp_path / "out").write_text("")
    with pytest.raises(OSError, match="out"):
        export_network(
            shapes, find_network(shapes, "shapes"), tmp_path / "out", on_class=lambda name: pytest.fail(name)
        )


def test_neighbours_are_by_cosine(shapes: Database) -> None:
    """The class with the same counts is first in every layer, with cosine 1."""
    found = read_neighbours(shapes, "shapes", "bear", limit=2)
    assert {layer: near[0].name for layer, near in found.items()} == dict.fromkeys(found, "bear again")
    assert all(near[0].cosine == pytest.approx(1) for near in found.values())


def test_neighbours_agree_with_the_named_query(shapes: Database) -> None:
    """View and Cypher give the same classes and cosines."""
    view = read_neighbours(shapes, "shapes", "bus", limit=3)["mixed4c"]
    given = {"class": "bus", "layer": "mixed4c", "limit": "3"}
    _, rows = run_question(shapes, find_query("nearest_classes"), given, network="shapes")
    assert [row[0] for row in rows] == [one.name for one in view]
    assert [row[2] for row in rows] == pytest.approx([one.cosine for one in view])


def test_specific_channels_are_distinguished_from_common_ones(fresh_database: Database) -> None:
    """A channel in all images is not significant; a channel in only this class's images is first."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    for name, own in {"a": 1, "b": 2, "c": 3}.items():
        loader.load_class(
            class_tables(name, [("mixed3a", 0, 40), ("mixed3a", own, 30), ("mixed3b", 0, 4)], images=40)
        )
    found = {str(one.channel): one for one in read_specificity(fresh_database, "shapes", "a")}
    assert (found["mixed3a/0"].p, found["mixed3a/0"].lift) == (1, 1)
    assert found["mixed3a/1"].q < 1e-10
    assert found["mixed3a/1"].lift == np.inf
    assert found["mixed3a/2"].p == 1


def test_specificity_needs_counts_and_other_classes(bears: Database) -> None:
    """The error names what is missing: counts of all channels, or other classes."""
    with pytest.raises(SummitGraphError, match="only attribution graphs"):
        read_specificity(bears, NETWORK, "294")
    loader = NetworkLoader(bears, manifest(), "alone")
    loader.load_class(random_class("bear", 1))
    with pytest.raises(SummitGraphError, match="no class to compare"):
        read_specificity(bears, "alone", "bear")


def test_positions_are_stored_per_class_and_layer(shapes: Database) -> None:
    """Each class has one position in each layer, embedded once or twice; so has a single class."""
    for _ in range(2):
        assert embed_network(shapes, "shapes").classes == 5
    with shapes.driver.session() as session:
        rows = session.run(
            "MATCH (c:Class)-[p:PLACED]->(:Layer) RETURN c.id AS id, count(p.x + p.y) AS layers"
        )
        assert [row["layers"] for row in rows] == [9] * 5
    for name in ("bear again", "bus", "lion", "ox"):
        remove_class(shapes, "shapes", name)
    assert embed_network(shapes, "shapes").classes == 1


def test_graph_set_has_all_graphs(shapes: Database) -> None:
    """Motifs are mined in the attribution graphs of all or some classes."""
    names = [stored.summary.name for stored in list_classes(shapes, "shapes")]
    expected = graph_set(read_attribution_graph(shapes, "shapes", name) for name in names)
    found = read_graph_set(shapes, "shapes")
    assert (found.classes, found.channels) == (expected.classes, expected.channels)
    assert mine_motifs(found).select() == mine_motifs(expected).select()
    assert read_graph_set(shapes, "shapes", ["bus", "OX"]).classes == ("bus", "ox")


def test_motifs_are_stored_and_replaced(shapes: Database) -> None:
    """A motif has its channels in order and the classes that contain it; storing again replaces it."""
    graphs = read_graph_set(shapes, "shapes")
    motifs = mine_motifs(graphs).select(limit=5)
    for _ in range(2):
        write_motifs(shapes, "shapes", motifs, shape="chain", size=3)
    first = next(motif for motif in motifs if "bear" in motif.classes)
    _, rows = run_question(shapes, find_query("motifs_of_class"), {"class": "bear"}, network="shapes")
    assert rows[0][:3] == ["chain", [str(channel) for channel in first.channels], first.support]
    with shapes.driver.session() as session:
        counted = session.run(
            "MATCH (m:Motif)<-[:CONTAINS]-(c:Class) RETURN count(DISTINCT m), count(*)"
        ).single()
    assert counted is not None
    assert counted.values() == [5, sum(motif.support for motif in motifs)]


def test_named_query_agrees_with_mining(shapes: Database) -> None:
    """common_chains in Cypher and the miner count the same classes."""
    mined = mine_motifs(read_graph_set(shapes, "shapes"), rewirings=0).select(min_support=1)
    expected = {
        tuple(map(str, motif.channels)): motif.support
        for motif in mined
        if motif.channels[1].layer == "mixed4b"
    }
    given = {"layer": "mixed4b", "limit": "100000"}
    _, rows = run_question(shapes, find_query("common_chains"), given, network="shapes")
    assert {tuple(channels): classes for channels, classes in rows} == expected


def test_communities_contain_similar_classes(bears: Database) -> None:
    """Bears that share channels are one community; the class without common channels is another."""
    assert find_communities(bears, NETWORK) == [["n02132136", "n02133161"], ["n02134084"]]


@pytest.mark.parametrize(
    ("query", "given", "reason"),
    [
        ("ubiquitous_channels", {}, "only attribution graphs"),
        ("marking_channels", {"class": "294"}, "only attribution graphs"),
        ("top_channels", {"class": "294"}, "only attribution graphs"),
        ("class_influences", {"class": "294"}, "only attribution graphs"),
        ("moving_classes", {}, "summit-graph embed"),
        ("surprising_motifs", {}, "motifs --store"),
    ],
)
def test_story_query_explains_missing_data(
    bears: Database, query: str, given: dict[str, str], reason: str
) -> None:
    """A query whose data is missing from the network is an error with the reason, not an empty answer."""
    with pytest.raises(SummitGraphError, match=reason):
        run_question(bears, find_query(query), given, network=NETWORK)


def test_every_other_query_answers_for_an_imported_network(bears: Database) -> None:
    """Kind: divisions by the number of images, which is unknown there: it is null, not 0."""
    given = {"class": "294", "other": "295", "channel": "mixed3a/1", "layer": "mixed3b", "classes": "294,295"}
    for query in list_queries():
        asked = {one.name: given[one.name] for one in query.parameters if one.name in given}
        missing = [one for one in query.parameters if one.default is None and one.name not in asked]
        if query.needs or any(not (one.meaning or "").startswith("Network.") for one in missing):
            continue
        run_question(bears, query, asked, network=NETWORK)
    asked = {"channel": "mixed3a/1"}
    columns, rows = run_question(bears, find_query("classes_using_channel"), asked, network=NETWORK)
    assert [row[columns.index("images")] for row in rows] == [None, None]
    graph = read_attribution_graph(bears, NETWORK, "n02132136")
    assert json.loads(to_json_text(graph))["images"] is None
    assert "images" not in to_text(graph).splitlines()[0]


def test_unexpected_channels_by_hand(bears: Database) -> None:
    """A channel of brown bear that its most similar class does not have is first."""
    _, rows = run_question(bears, find_query("unexpected_channels"), {"class": "294"}, network=NETWORK)
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("mixed3a/2", 0, 1),
        ("mixed3a/1", 1, 2),
        ("mixed3b/5", 1, 2),
    ]


def test_discriminating_channels_by_hand(bears: Database) -> None:
    """The channels that only one class has, with the class."""
    given = {"class": "294", "other": "295"}
    _, rows = run_question(bears, find_query("discriminating_channels"), given, network=NETWORK)
    assert [row[:2] for row in rows] == [["n02133161", "mixed3b/6"], ["n02132136", "mixed3a/2"]]


def test_ubiquitous_and_marking_channels_by_hand(fresh_database: Database) -> None:
    """Two classes with 10 images: 3a/0 is in all 20, 3a/1 only in 8 of class a."""
    loader = NetworkLoader(fresh_database, manifest(), "shapes")
    loader.load_class(class_tables("a", [("mixed3a", 0, 10), ("mixed3a", 1, 8)]))
    loader.load_class(class_tables("b", [("mixed3a", 0, 10)]))
    _, rows = run_question(fresh_database, find_query("ubiquitous_channels"), {}, network="shapes")
    assert rows == [["mixed3a/0", 1.0, 2, 1.0, None], ["mixed3a/1", 0.4, 1, 0.0, None]]
    given = {"class": "a"}
    _, rows = run_question(fresh_database, find_query("marking_channels"), given, network="shapes")
    assert rows == [["mixed3a/1", 8, 0.8, 0.0, None, None], ["mixed3a/0", 10, 1.0, 1.0, 1.0, None]]


def test_pictures_are_stored_by_reference(bears: Database, tmp_path: Path) -> None:
    """The pictures of an imported network are those next to its graphs; without a folder there are none."""
    assert not read_pictures(bears, NETWORK).files
    main = tmp_path / "published" / "feature-vis" / "channel" / "mixed3a-1-channel.jpg"
    main.parent.mkdir(parents=True)
    main.touch()
    import_path(bears, tmp_path / "published" / "ag" / "ag-294.json")
    found = read_pictures(bears, NETWORK)
    assert found.file_of(Channel("mixed3a", 1)) == main
    assert found.file_of(Channel("mixed3a", 2)) is None


@pytest.mark.shared
def test_published_bears(fresh_database: Database) -> None:
    """Brown and black bear share 27 channels; 30 and 26 are in only one of them (paper, Fig. 8)."""
    for output in (294, 295):
        import_path(fresh_database, PUBLISHED / "data" / "ag" / f"ag-{output}.json")
    found = read_comparison(fresh_database, NETWORK, ["294", "295"]).to_json()
    brown, black = (found["only"][name]["channels"] for name in found["classes"])
    assert (len(found["shared"]["channels"]), len(brown), len(black)) == (27, 30, 26)
    assert {"mixed5a/33", "mixed5a/709"} <= set(black)
    assert {"mixed5a/460", "mixed5a/48"} <= set(brown)
    assert "mixed5a/796" in found["shared"]["channels"]
    file = PUBLISHED / "data" / "ag" / "ag-294.json"
    kept = read_imported_graph(fresh_database, NETWORK, "brown bear").attr_channels
    for layer in json.loads(file.read_text()).values():
        for one in layer:
            texts = {str(channel): text for channel, text in kept.items()}
            assert json.loads(texts[f"{one['layer']}/{one['channel']}"]) == one["attr_channels"]


def test_imported_classes_are_found_by_all_names(bears: Database) -> None:
    """An imported class is found by title, WordNet id and output."""
    ids = {find_class(bears, NETWORK, text).id for text in ("brown bear", "n02132136", "294")}
    assert len(ids) == 1
