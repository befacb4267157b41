"""The command that tests a class's graph: faithfulness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import ProgressBar, print_data, print_json, print_table, progress_bar
from summit_graph.cli.counting_options import ComputeOptions, SkipBadOption
from summit_graph.cli.counting_runs import read_model, report_skipped, require_compute
from summit_graph.cli.options import (
    ClassArgument,
    JsonOption,
    NetworkOption,
    UriOption,
    takes_options,
    the_database,
)
from summit_graph.errors import SummitGraphError, UsageError

if TYPE_CHECKING:
    from summit_graph.analysis.faithfulness import ClassScores, Measured
    from summit_graph.images import Dataset, Skipped
    from summit_graph.model.counted import CountedModel
    from summit_graph.records import ClassSummary, Target
    from summit_graph.store.networks import Network

app = typer.Typer()

#: The shares of a layer that are printed; --json has all.
_PRINTED = (1, 5, 20, 50)
_MEANING = (
    "lost k %: share of the log-odds lost when the best k % of each layer (one at least) are replaced.",
    "kept k %: share kept when only these are kept. CPR: the area under it; CMD: the area between it and 1.",
    "k for 0.8: the k at which 0.8 is kept. --json prints all k and 95 % intervals.",
)
#: Images of other classes that the means are taken from, at most.
OTHERS = 500


@dataclass(frozen=True, kw_only=True)
class FaithfulnessOptions(ComputeOptions):
    """What is measured, and on which images."""

    images: Annotated[
        Path,
        typer.Option(
            "--images",
            metavar="IMAGES",
            help="Images of the class and of others, as for ingest; best those that the graph has not seen.",
        ),
    ]
    images_per_class: Annotated[
        int, typer.Option("--images-per-class", min=2, help="Only the first N images of the class.")
    ] = 50
    quick: Annotated[bool, typer.Option("--quick", help="Fewer points of the curves.")] = False
    skip_bad: SkipBadOption = False
    seed: Annotated[int, typer.Option("--seed", help="Seed of the random channels and intervals.")] = 0


@app.command(epilog="Example: summit-graph faithfulness 'brown bear' --images held-out/ --quick")
@takes_options
def faithfulness(
    options: FaithfulnessOptions,
    class_: ClassArgument,
    as_json: JsonOption = False,
    network: NetworkOption = None,
    uri: UriOption = None,
) -> None:
    """Test how much of a class's log-odds the channels of its graph carry.

    Replaces the best channels of each layer by their means over other classes, or all but the best. Compares
    the graph with plain counts, gradient x activation and random channels. The class keeps the result.
    """
    require_compute()
    from summit_graph.analysis.faithfulness import report_of
    from summit_graph.store.networks import find_network
    from summit_graph.views.classes import find_class
    from summit_graph.views.faithfulness import read_scores
    from summit_graph.workflows.faithfulness import store_report

    skipped: list[Skipped] = []
    with the_database(uri) as database, progress_bar("reading", unit="passes") as bar:
        found = find_network(database, network)
        stored = find_class(database, found.name, class_)
        summary, scores = stored.summary, read_scores(database, found, stored)
        model = read_model(options, bar)
        _check_model(found, model)
        measured = _measure(options, model, summary, scores, bar, skipped)
        target: Target = "predicted" if summary.output is None else "class"
        about = {"network": found.name, "class": summary.name}
        report = {**about, **report_of(measured, scores, target=target, seed=options.seed)}
        is_kept = store_report(database, stored.id, report)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if not is_kept:
        raise SummitGraphError(f"class {summary.name!r} was replaced meanwhile: run the command again")
    report_skipped([one.to_json() for one in skipped])


def _check_model(network: Network, model: CountedModel) -> None:
    if network.model_key != model.model_key:
        raise SummitGraphError(
            f"network {network.name} was made with another model or input rule than {model.name}: "
            "give the --model, --weights and input options that it was made with"
        )
    if network.widths != tuple(model.channels.items()):
        raise SummitGraphError(
            f"network {network.name} was made with other layers than {', '.join(model.channels)}: "
            "give the --layers that it was made with"
        )


def _dataset(images: Path, summary: ClassSummary, number: int) -> Dataset:
    """The class's first images, and as many of every other class as together are enough for the means."""
    from summit_graph.images import read_dataset
    from summit_graph.images.downloads import find_images

    dataset = read_dataset(find_images(images))
    if summary.name not in dataset.classes:
        names = ", ".join(list(dataset.classes)[:5])
        raise UsageError(f"{images} has no class {summary.name!r}; it has: {names}")
    others = {name: files for name, files in dataset.classes.items() if name != summary.name}
    if not any(others.values()):
        raise UsageError(
            f"{images} has images of {summary.name!r} alone: the means need those of other classes"
        )
    own = replace(dataset, classes={summary.name: dataset.classes[summary.name]}).first(number)
    rest = replace(dataset, classes=others).first(max(1, OTHERS // len(others)))
    return replace(dataset, classes={**own.classes, **rest.classes})


def _measure(
    options: FaithfulnessOptions,
    model: CountedModel,
    summary: ClassSummary,
    scores: ClassScores,
    bar: ProgressBar,
    skipped: list[Skipped],
) -> Measured:
    """Measure the class; files that are skipped are added to the list."""
    from summit_graph.aggregate.run import select_device
    from summit_graph.analysis.faithfulness import QUICK_SHARES, SHARES
    from summit_graph.faithfulness.node_curve import measure_nodes
    from summit_graph.faithfulness.replacement import mean_values, pixels_of

    device = select_device(options.device)
    dataset = _dataset(options.images, summary, options.images_per_class)
    others = [name for name in dataset.classes if name != summary.name]
    bad = skipped if options.skip_bad else None
    bar.show(description="averaging other classes", total=len(others))
    means = mean_values(model, dataset, others, device=device, on_class=bar.advance, skipped=bad)

    def show(done: int, total: int) -> None:
        bar.show(description="replacing channels", done=done, total=total)

    return measure_nodes(
        model,
        means,
        pixels_of(model, dataset, summary.name, skipped=bad),
        scores,
        output=summary.output,
        shares=QUICK_SHARES if options.quick else SHARES,
        seed=options.seed,
        device=device,
        on_progress=show,
    )


def _print(report: dict[str, Any]) -> None:
    print_data(report["verdict"])
    print_data("")
    shown = [at for at, share in enumerate(report["shares"]) if share in _PRINTED]
    shares = [report["shares"][at] for at in shown]
    columns = ["ranking", "CPR", "CMD", "k for 0.8", *(f"lost {share:g} %" for share in shares)]
    columns += [f"kept {share:g} %" for share in shares]
    print_table(columns, [_row(name, curve, shown) for name, curve in report["curves"].items()])
    print_data("")
    for line in _MEANING:
        print_data(line)


def _row(name: str, curve: dict[str, Any], shown: Sequence[int]) -> list[Any]:
    points = [curve[key][at] for key in ("necessity", "sufficiency") for at in shown]
    enough = curve["enough"] and f"{curve['enough']:.3g} %"
    return [name, _number(curve["cpr"]), _number(curve["cmd"]), enough, *map(_number, points)]


def _number(interval: list[float] | None) -> str | None:
    return None if interval is None else f"{interval[0] + 0:.2f}".replace("-0.00", "0.00")
