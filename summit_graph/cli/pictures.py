"""Commands that make pictures: render, examples, sheet."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import ProgressBar, progress_bar, say
from summit_graph.cli.counting_options import (
    ComputeOptions,
    CountingOptions,
    ImageOptions,
    ThumbnailsOption,
)
from summit_graph.cli.counting_runs import (
    example_folder,
    keep_largest,
    read_model,
    report_input,
    report_skipped,
    start_run,
    write_examples,
)
from summit_graph.cli.options import (
    ClassArgument,
    ClassOption,
    NetworkOption,
    SubgraphOption,
    UriOption,
    read_subgraph_option,
    takes_options,
    the_database,
)
from summit_graph.defaults import DEFAULT_WEIGHTS
from summit_graph.display.wording import counted
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.pictures.canvases import Paper
from summit_graph.records import Channel
from summit_graph.system.own_folders import delete_own_folder
from summit_graph.workflows.counting import locked, require_compute

if TYPE_CHECKING:
    from summit_graph.rendering.render_folder import RenderFolder

app = typer.Typer()

PictureFolderOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="The folder to write.", show_default="the one the explorer reads"
    ),
]
ChannelsOption = Annotated[
    list[str] | None,
    typer.Option("--channels", metavar="CHANNEL", help="Channels such as mixed4c/447, separated by commas."),
]
EveryOption = Annotated[bool, typer.Option("--all", help="All channels of the model.")]
DiversityOption = Annotated[
    bool, typer.Option("--diversity/--no-diversity", help="Also four different images per channel.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Random seed.")]
SideOption = Annotated[int, typer.Option("--side", min=16, help="Side of the stored pictures, in pixels.")]
QualityOption = Annotated[int, typer.Option("--quality", min=1, max=100, help="WebP quality.")]
CoarseOption = Annotated[
    bool, typer.Option("--coarse", help="Compute in bfloat16: about twice as fast on recent processors.")
]
ExamplesNetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network",
        "-n",
        help="Network that the examples belong to.",
        show_default="<model>-<dataset>, as for ingest",
    ),
]


@app.command(epilog="Example: summit-graph render --channels mixed4c/447,mixed4d/33 --diversity")
@takes_options
def render(
    options: ComputeOptions,
    channels: ChannelsOption = None,
    class_: ClassOption = None,
    every: EveryOption = False,
    diversity: DiversityOption = False,
    out: PictureFolderOption = None,
    seed: SeedOption = 0,
    side: SideOption = 128,
    quality: QualityOption = 80,
    coarse: CoarseOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Render feature visualizations: pictures that maximize a channel's activation.

    After an interruption, run the same command again: it keeps finished pictures and continues.
    """
    if not (channels or class_ or every):
        raise UsageError("give the channels to render: --channels, --class or --all")
    require_compute()
    from summit_graph.pictures.index import make_picture_folder
    from summit_graph.rendering.render_folder import RenderFolder, Stored, all_channels, ascent_for

    with progress_bar("reading", unit="channels") as bar:
        model = read_model(options, bar)
        report_input(model)
        wanted = _parse_channels(channels or [])
        wanted += _class_channels(class_ or [], network, uri, model.model_key)
        wanted += all_channels(model) if every else []
        wanted = list(dict.fromkeys(wanted))
        stored, ascent = Stored(side, quality), ascent_for(model, coarse=coarse)
        folder = out or make_picture_folder(model.model_key)
        with picture_lock(folder):  # the constructor reads the index that is written later
            target = RenderFolder(folder, model, seed=seed, ascent=ascent, stored=stored)
            rendered = render_channels(target, wanted, bar, options.device, diversity=diversity)
    say(f"{folder}: {counted(rendered, 'picture', 'pictures')} rendered; the others existed already.")


def render_channels(
    target: RenderFolder, channels: list[Channel], bar: ProgressBar, device: str, *, diversity: bool
) -> int:
    """Render the pictures that the folder lacks; returns their number."""
    from summit_graph.aggregate.run import select_device
    from summit_graph.rendering.render_folder import render_missing

    bar.show(description="rendering", done=0, total=_count_missing(target, channels, diversity=diversity))
    return render_missing(
        target, channels, diversity=diversity, device=select_device(device), on_rendered=bar.advance
    )


@app.command(epilog="Example: summit-graph examples photos/ --weights bvlc")
@takes_options
def examples(
    options: ImageOptions,
    thumbnails: ThumbnailsOption = True,
    out: PictureFolderOption = None,
    network: ExamplesNetworkOption = None,
) -> None:
    """Find the images that activate each channel most, and cut out the patches, without a database.

    ingest does this too. Classes are added to those of the same network, or replaced. After an interruption,
    run the same command again: it continues.
    """
    from summit_graph.pictures.index import ExampleOwner
    from summit_graph.settings import Home
    from summit_graph.store.networks import checked_name, default_name

    images = str(options.images.resolve())
    where = (
        options.model,
        options.weights or "",
        str(out and out.resolve()),
        checked_name(network) if network else "",
    )
    work = Home().run_folder("examples", images, *where)
    counting = CountingOptions(**vars(options), match="none")
    with locked(work), progress_bar("reading", unit="images") as bar:
        run = start_run(counting, work, bar, counts=False, examples=True)
        owner = ExampleOwner(network or default_name(run.manifest))
        folder = example_folder(run, owner, out=out)
        folder.prepare()
        for tables in run.classes():
            keep_largest(run, folder, tables.summary.name)
        channels = write_examples(run, folder, bar, thumbnails=thumbnails)
    delete_own_folder(work)
    say(f"{folder.folder}: {counted(channels, 'channel', 'channels')} with examples.")
    say(f"They belong to network {owner.network}; use --network for another.")
    report_skipped(run.skipped)


@app.command(epilog="Example: summit-graph sheet 'brown bear' --out bear.pdf")
def sheet(
    class_: ClassArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .png or .pdf file to write.")],
    paper: Annotated[Paper, typer.Option("--paper", help="Size of a PDF's page.")] = "a4",
    subgraph: SubgraphOption = None,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Draw the attribution graph of a class on one page, with a picture and patches of each channel.

    A PDF has lines and selectable text; it can be printed at any size.
    """
    from summit_graph.pictures.sheet import Sheet, check_sheet_file, write_sheet
    from summit_graph.store.networks import find_network
    from summit_graph.views.advice import render_command
    from summit_graph.views.beyond import with_pinned
    from summit_graph.views.graphs import read_attribution_graph
    from summit_graph.views.pictures import read_pictures

    check_sheet_file(out)
    own = read_subgraph_option(subgraph)
    with the_database(uri) as database:
        found = find_network(database, network)
        graph = read_attribution_graph(database, found.name, class_)
        own.check_is_of(graph)
        graph = with_pinned(database, graph, own)
        pictures = read_pictures(database, found.name)
    if gone := own.missing_in(graph):
        say(gone)
    graph = own.part_of(graph)
    write_sheet(Sheet(graph, pictures, own.labels), out, paper=paper)
    missing = sum(pictures.file_of(node.channel) is None for node in graph.nodes)
    say(f"{out}: {counted(len(graph.nodes), 'channel', 'channels')} of {graph.summary.title}.")
    if missing:
        command = render_command(found, class_name=graph.summary.name)
        say(f"Channels without a picture: {missing}." + (f" To render them: {command}" if command else ""))


def _count_missing(target: RenderFolder, channels: list[Channel], *, diversity: bool) -> int:
    """Number of renderings: one for a channel's main picture, one for all its diverse ones."""
    from summit_graph.pictures.index import DIVERSITY_KINDS, MAIN_KIND

    kinds = [(MAIN_KIND,), DIVERSITY_KINDS][: 1 + diversity]
    return sum(len(target.missing(channels, one)) for one in kinds)


def _parse_channels(texts: list[str]) -> list[Channel]:
    return [Channel.parse(name) for text in texts for name in text.replace(",", " ").split()]


def _class_channels(
    classes: list[str], network: str | None, uri: str | None, model_key: str
) -> list[Channel]:
    """The channels of the classes' attribution graphs; an error if the network is of another model."""
    if not classes:
        return []
    from summit_graph.store.networks import find_network
    from summit_graph.views.advice import model_options
    from summit_graph.views.graphs import read_attribution_graph

    with the_database(uri) as database:
        found = find_network(database, network)
        if found.model_key != model_key:
            raise SummitGraphError(
                f"network {found.name} was made with other weights or another input rule than these: give "
                f"{shlex.join(model_options(found)) or f'--weights {DEFAULT_WEIGHTS}'}"
            )
        graphs = [read_attribution_graph(database, found.name, name) for name in classes]
    return [node.channel for graph in graphs for node in graph.nodes]


@contextmanager
def picture_lock(folder: Path) -> Iterator[None]:
    """Lock a picture folder; only one process may write it at a time."""
    from summit_graph.system.file_lock import exclusive_lock

    message = f"another process is writing pictures into {folder}: wait for it"
    with exclusive_lock(folder / ".lock", otherwise=message):
        yield
