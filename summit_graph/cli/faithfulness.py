"""The command that tests a class's graph: faithfulness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.analysis.reports import PartName
from summit_graph.cli.console import ProgressBar, print_json, progress_bar, say
from summit_graph.cli.counting_options import ComputeOptions, SkipBadOption
from summit_graph.cli.counting_runs import read_models, report_skipped
from summit_graph.cli.options import (
    ClassArgument,
    JsonOption,
    NetworkOption,
    UriOption,
    takes_options,
    the_database,
)
from summit_graph.records import Parameters
from summit_graph.workflows.counting import require_compute

if TYPE_CHECKING:
    from summit_graph.faithfulness.subject import Subject
    from summit_graph.store.connection import Database
    from summit_graph.store.networks import Network
    from summit_graph.views.classes import StoredClass

app = typer.Typer()


@dataclass(frozen=True, kw_only=True)
class FaithfulnessOptions(ComputeOptions):
    """What is measured, and on which images."""

    images: Annotated[
        Path,
        typer.Option(
            "--images",
            metavar="IMAGES",
            help="Images of the class and of others, as for ingest; best those that the graph has not seen. "
            "If the network was counted with --split, its share of them is tested.",
        ),
    ]
    counted: Annotated[
        Path | None,
        typer.Option(
            "--counted",
            metavar="IMAGES",
            help="For --part stability: the images that the network was counted on, as given to ingest.",
            show_default="with a split, --images",
        ),
    ] = None
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Not needed, since outputs are stored with the classes; accepted like the other options of "
            "ingest.",
        ),
    ] = None
    images_per_class: Annotated[
        int, typer.Option("--images-per-class", min=2, help="Only the first N images of the class.")
    ] = 50
    quick: Annotated[bool, typer.Option("--quick", help="Fewer points of the curves.")] = False
    skip_bad: SkipBadOption = False
    seed: Annotated[int, typer.Option("--seed", help="Seed of the random channels and intervals.")] = 0
    part: Annotated[
        list[PartName] | None,
        typer.Option(
            "--part",
            help="Measure only this part (repeatable).",
            show_default="all but stability and sanity",
        ),
    ] = None
    again: Annotated[
        bool, typer.Option("--again", help="Also measure parts whose stored result would be kept.")
    ] = False


@app.command(epilog="Example: summit-graph faithfulness 'brown bear' --images held-out/ --quick")
@takes_options
def faithfulness(
    options: FaithfulnessOptions,
    class_: ClassArgument,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Test how much of a class's log-odds the channels and influences of its graph carry.

    Replaces the best channels of each layer by their means over other classes, or all but the best. Compares
    the graph with plain counts, gradient x activation and random channels. Takes out the graph's influences
    in the same way, beside random ones and those of the largest counts.

    The class keeps each part of the result as soon as it is measured. The same command measures only what is
    missing: after an interruption it continues.
    """
    require_compute()
    from summit_graph.cli.faithfulness_tables import print_report
    from summit_graph.store.networks import find_network
    from summit_graph.views.classes import find_class
    from summit_graph.workflows.faithfulness import measure_parts, named_parts

    with the_database(uri) as database, progress_bar("reading", unit="passes") as bar:
        found = find_network(database, network)
        stored = find_class(database, found.name, class_)
        subject = _subject(options, database, found, stored, bar)
        report = measure_parts(
            database, stored, subject, named_parts(options.part), again=options.again, on_kept=_say_kept
        )
    if as_json:
        print_json(report)
    else:
        print_report(report)
    report_skipped([one.to_json() for one in dict.fromkeys(subject.skipped)])


def _subject(
    options: FaithfulnessOptions, database: Database, network: Network, stored: StoredClass, bar: ProgressBar
) -> Subject:
    """What is tested; images are listed, not yet read."""
    from summit_graph.images import read_dataset
    from summit_graph.images.downloads import find_images
    from summit_graph.workflows.faithfulness import Measuring, read_subject

    parameters = network.parameters or Parameters()
    if parameters.split is not None:
        say(f"Testing the images that --split {parameters.split:g} kept out of counting.")
    how = Measuring(
        device=options.device,
        images_per_class=options.images_per_class,
        quick=options.quick,
        skip_bad=options.skip_bad,
        seed=options.seed,
    )
    return read_subject(
        database,
        network,
        stored,
        images=read_dataset(find_images(options.images)),
        counted=None if options.counted is None else read_dataset(find_images(options.counted)),
        read_models=lambda: read_models(options, bar, None, parameters),
        how=how,
        show=lambda description, done, total: bar.show(description=description, done=done, total=total),
    )


def _say_kept(name: str, measured: Mapping[str, Any]) -> None:
    say(f"{name}: kept from {measured['at']} ({measured['images']}); --again measures it again.")
