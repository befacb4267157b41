"""Commands that show what channels see: render, examples, sheet."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.cli.console import counted, progress_bar, say
from summit_graph.cli.counting_runs import (
    DeviceOption,
    ImagesArgument,
    ProcessesOption,
    Request,
    SkipBadOption,
    ThumbnailsOption,
    TransformInputOption,
    WeightsOption,
    example_folder,
    keep_largest,
    locked,
    read_weights_with,
    require_compute,
    start_run,
    tell_input,
    write_examples,
)
from summit_graph.cli.options import ClassArgument, ClassOption, NetworkOption, UriOption, the_database
from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.records import Channel
from summit_graph.settings import DEFAULT_WEIGHTS
from summit_graph.system.own_folders import delete_own_folder

if TYPE_CHECKING:
    from summit_graph.rendering.render_folder import RenderFolder

app = typer.Typer()

PictureFolderOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Another folder than the one that the explorer reads."),
]

ChannelsOption = Annotated[
    list[str] | None,
    typer.Option("--channels", metavar="CHANNEL", help="Such as mixed4c/447; several with commas."),
]
EveryOption = Annotated[bool, typer.Option("--all", help="Every channel of the model.")]
DiversityOption = Annotated[
    bool, typer.Option("--diversity/--no-diversity", help="Four differing images per channel too.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed finds other pictures.")]
SideOption = Annotated[int, typer.Option("--side", min=16, help="Side of the stored pictures, in pixels.")]
QualityOption = Annotated[int, typer.Option("--quality", min=1, max=100, help="WebP quality.")]
CoarseOption = Annotated[
    bool, typer.Option("--coarse", help="In bfloat16: about twice as fast on recent processors.")
]


@app.command(epilog="Example: summit-graph render --channels mixed4c/447,mixed4d/33 --diversity")
def render(
    channels: ChannelsOption = None,
    class_: ClassOption = None,
    every: EveryOption = False,
    diversity: DiversityOption = False,
    out: PictureFolderOption = None,
    weights: WeightsOption = DEFAULT_WEIGHTS,
    transform_input: TransformInputOption = None,
    device: DeviceOption = "auto",
    seed: SeedOption = 0,
    side: SideOption = 128,
    quality: QualityOption = 80,
    coarse: CoarseOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Find pictures that excite channels most: of the named ones, of a class's graph, or of all.

    Finished pictures stay, so the same command goes on after an interruption.
    """
    if not (channels or class_ or every):
        raise UsageError("say which channels to render: --channels, --class or --all")
    require_compute()
    from summit_graph.aggregate.run import select_device
    from summit_graph.pictures.index import picture_folder
    from summit_graph.rendering.ascent import Ascent
    from summit_graph.rendering.render_folder import RenderFolder, Stored, all_channels, render_missing

    with progress_bar("reading", unit="channels") as bar:
        read = read_weights_with(weights, bar, transform_input=transform_input)
        tell_input(read)
        wanted = _named_channels(channels or []) + _class_channels(class_ or [], network, uri, read.model_key)
        wanted = list(dict.fromkeys(wanted + (all_channels(read) if every else [])))
        folder = out or picture_folder(read.model_key)
        with _alone_in(folder):
            ascent, stored = Ascent(coarse=coarse), Stored(side, quality)
            gallery = RenderFolder(folder, read, seed=seed, ascent=ascent, stored=stored)
            bar.show(description="rendering", total=_count_missing(gallery, wanted, diversity=diversity))
            rendered = render_missing(
                gallery, wanted, diversity=diversity, device=select_device(device), on_rendered=bar.advance
            )
    say(f"{folder}: {counted(rendered, 'picture', 'pictures')} rendered, the others were there.")


@app.command(epilog="Example: summit-graph examples photos/ --weights bvlc")
def examples(
    images: ImagesArgument,
    weights: WeightsOption = DEFAULT_WEIGHTS,
    transform_input: TransformInputOption = None,
    class_: ClassOption = None,
    device: DeviceOption = "auto",
    thumbnails: ThumbnailsOption = True,
    skip_bad: SkipBadOption = False,
    processes: ProcessesOption = None,
    out: PictureFolderOption = None,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            "-n",
            help="The network that they belong to. [default: <weights>-<dataset>, as ingest names a new one]",
        ),
    ] = None,
) -> None:
    """Find the images that excite each channel most, and cut the patches that do; no database needed.

    ingest does so on its way. Classes are added to those of the same network, or replace themselves; after an
    interruption the same command goes on.
    """
    from summit_graph.pictures.index import ExampleOwner
    from summit_graph.settings import Home
    from summit_graph.store.networks import checked_name, default_name

    request = Request(
        images,
        weights,
        transform_input,
        class_=class_,
        match="none",
        device=device,
        skip_bad=skip_bad,
        processes=processes,
    )
    where = (weights, str(out and out.resolve()), checked_name(network) if network else "")
    work = Home().run_folder("examples", str(images.resolve()), *where)
    with locked(work), progress_bar("reading", unit="images") as bar:
        run = start_run(request, work, bar, counts=False, examples=True)
        owner = ExampleOwner(network or default_name(run.manifest))
        folder = example_folder(run, owner, out=out)
        folder.prepare()
        for tables in run.classes():
            keep_largest(run, folder, tables.summary.name)
        channels = write_examples(run, folder, bar, thumbnails=thumbnails)
    delete_own_folder(work)
    say(f"{folder.folder}: {counted(channels, 'channel', 'channels')} with examples.")
    say(f"They are shown for network {owner.network}; --network gathers them for another.")
    run.tell_skipped()


@app.command(epilog="Example: summit-graph sheet 'brown bear' --out bear.pdf")
def sheet(
    class_: ClassArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .png or .pdf to write.")],
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Draw a class's attribution graph on one page: channels' pictures and influences between them."""
    from summit_graph.pictures.sheet import check_sheet_file, write_sheet
    from summit_graph.store.networks import find_network
    from summit_graph.views.graphs import read_attribution_graph
    from summit_graph.views.pictures import read_pictures

    check_sheet_file(out)
    with the_database(uri) as database:
        found = find_network(database, network)
        graph = read_attribution_graph(database, found.name, class_)
        pictures = read_pictures(database, found.name)
    write_sheet(graph, pictures, out)
    missing = sum(pictures.file_of(node.channel) is None for node in graph.nodes)
    say(f"{out}: {counted(len(graph.nodes), 'channel', 'channels')} of {graph.summary.title}.")
    if missing:
        name = shlex.quote(graph.summary.name)
        say(f"{missing} have no picture yet: summit-graph render --class={name}")


def _count_missing(gallery: RenderFolder, channels: list[Channel], *, diversity: bool) -> int:
    """How many times something is rendered: a channel's main picture, and its diverse ones together."""
    from summit_graph.pictures.index import DIVERSITY_KINDS, MAIN_KIND

    kinds = [(MAIN_KIND,), DIVERSITY_KINDS][: 1 + diversity]
    return sum(len(gallery.missing(channels, one)) for one in kinds)


def _named_channels(texts: list[str]) -> list[Channel]:
    return [Channel.parse(name) for text in texts for name in text.replace(",", " ").split()]


def _class_channels(
    classes: list[str], network: str | None, uri: str | None, model_key: str
) -> list[Channel]:
    """The channels of these classes' attribution graphs, which must be of the same model."""
    if not classes:
        return []
    from summit_graph.store.networks import find_network
    from summit_graph.views.graphs import read_attribution_graph

    with the_database(uri) as database:
        found = find_network(database, network)
        if found.model_key != model_key:
            raise SummitGraphError(
                f"network {found.name} was made with other weights or another input: "
                "name them with --weights, for pictures belong to a model"
            )
        graphs = [read_attribution_graph(database, found.name, name) for name in classes]
    return [node.channel for graph in graphs for node in graph.nodes]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time writes a picture folder."""
    from summit_graph.system.file_lock import alone

    told = f"another process is writing pictures into {folder}: wait for it"
    with alone(folder / ".lock", otherwise=told):
        yield
