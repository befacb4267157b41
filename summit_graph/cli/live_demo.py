"""``summit-graph demo --live``: the whole way from images to a graph, on the bundled planted world."""

from __future__ import annotations

from summit_graph.cli.console import ProgressBar, progress_bar, say
from summit_graph.cli.counting import ingest_images
from summit_graph.cli.counting_options import CountingOptions
from summit_graph.cli.counting_runs import read_model
from summit_graph.cli.options import the_database
from summit_graph.cli.pictures import picture_lock, render_channels
from summit_graph.planted.bundle import SHOWN, image_folder, label_file, model_name, weights_file
from summit_graph.planted.painting import SIZE
from summit_graph.records import Channel
from summit_graph.workflows.counting import require_compute

#: The network's name, and how many of its channels get a picture: those of most graphs.
NETWORK, RENDERED = "planted", 48


def ingest_world(uri: str | None) -> None:
    """Count, load and rank the bundled images, and render pictures of some channels.

    Raises:
        SummitGraphError: torch is not installed.
    """
    require_compute()
    options = world_options()
    say(f"Counting nine classes of drawn images: {options.images}")
    ingest_images(options, NETWORK, uri)
    with progress_bar("mining motifs", unit=None) as bar:
        channels = _mine_and_choose(uri, bar)
    with progress_bar("reading", unit="channels") as bar:
        _render(options, channels, bar)


def world_options() -> CountingOptions:
    """The bundled images and network."""
    return CountingOptions(
        images=image_folder(),
        model=model_name(SHOWN),
        weights=str(weights_file(SHOWN)),
        resize=SIZE,
        crop=SIZE,
        labels=label_file(),
        processes=1,  # another one would take longer to start than to count
    )


def _mine_and_choose(uri: str | None, bar: ProgressBar) -> list[Channel]:
    """Mine motifs of every shape; returns the channels to render."""
    from summit_graph.store.queries import find_query
    from summit_graph.views.questions import run_question
    from summit_graph.workflows.demo import mine_missing

    with the_database(uri) as database:
        mine_missing(database, NETWORK, bar.listener, all_shapes=True)
        query, given = find_query("most_used_channels"), {"limit": str(RENDERED)}
        columns, rows = run_question(database, query, given, network=NETWORK)
    return [Channel.parse(row[columns.index("channel")]) for row in rows]


def _render(options: CountingOptions, channels: list[Channel], bar: ProgressBar) -> None:
    """Render the pictures that are missing."""
    from summit_graph.aggregate.run import select_device
    from summit_graph.aggregate.work import one_thread
    from summit_graph.pictures.index import make_picture_folder
    from summit_graph.rendering.render_folder import RenderFolder, ascent_for

    model = read_model(options, bar)
    folder = make_picture_folder(model.model_key)
    with picture_lock(folder), one_thread(select_device(options.device)):
        target = RenderFolder(folder, model, ascent=ascent_for(model))
        render_channels(target, channels, bar, options.device, diversity=False)
