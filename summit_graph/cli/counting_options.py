"""Options of the commands that read images or a model, each declared once.

``ModelOptions`` (model inspect) < ``ComputeOptions`` (render) < ``ImageOptions`` (examples) <
``CountingOptions`` (aggregate, ingest). A command takes one of them as its parameter ``options``: see
``options.takes_options``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from summit_graph.cli.model_options import ModelOptions
from summit_graph.cli.options import ClassOption
from summit_graph.errors import UsageError
from summit_graph.records import Baseline, Channel, Match, Measure, Parameters, Target
from summit_graph.workflows.counting import HowCounted, Split

_DEFAULTS = Parameters()

SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Skip files that are not images, and list them.")
]
ThumbnailsOption = Annotated[
    bool,
    typer.Option("--thumbnails/--no-thumbnails", help="Cut the examples' patches out of the images."),
]


@dataclass(frozen=True, kw_only=True)
class ComputeOptions(ModelOptions):
    """A model and the device that it runs on."""

    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")] = "auto"


@dataclass(frozen=True, kw_only=True)
class ImageOptions(ComputeOptions):
    """The images to read, and how."""

    images: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGES",
            help="A folder with one folder or tar of images per class, a tar, a list of paths and classes "
            "(.txt, .tsv, .csv), or imagenette.",
        ),
    ]
    class_: ClassOption = None
    skip_bad: SkipBadOption = False
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes",
            help="Number of parallel processes; with a GPU they decode images.",
            show_default="one per core",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class CountingOptions(ImageOptions):
    """What to count, and how classes match the model's outputs."""

    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="Output names of a fine-tuned model: one per line, CSV or JSON."),
    ] = None
    match: Annotated[
        Match,
        typer.Option(
            "--match", help="Match classes to outputs by name (auto), also by index, or not (none)."
        ),
    ] = "auto"
    mass: Annotated[
        float | None,
        typer.Option(
            "--mass",
            help="Share of a layer's activation that its top channels hold.",
            show_default=str(_DEFAULTS.mass),
        ),
    ] = None
    top_activations: Annotated[
        int | None,
        typer.Option("--top-activations", help="Fixed number of top channels per layer, instead of --mass."),
    ] = None
    top_influences: Annotated[
        int, typer.Option("--top-influences", help="Number of top influences per channel.")
    ] = _DEFAULTS.top_influences
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", help="A channel to exclude, such as mixed3a/67 (repeatable)."),
    ] = None
    skips: Annotated[
        bool,
        typer.Option("--skips/--no-skips", help="Count skip connections as influences."),
    ] = True
    measure: Annotated[
        Measure,
        typer.Option(
            "--measure",
            help="What is counted: each channel's largest activation (as in the paper), its relevance (what "
            "it adds to the log-odds of the class), or its relevance against the class (what it takes off).",
        ),
    ] = _DEFAULTS.measure
    baseline: Annotated[
        Baseline,
        typer.Option(
            "--baseline",
            help="For relevance: count from the mean over images of the other classes so far, or from zero.",
        ),
    ] = _DEFAULTS.baseline
    target: Annotated[
        Target,
        typer.Option(
            "--target", help="For relevance: the class's own output, or the one predicted for each image."
        ),
    ] = _DEFAULTS.target
    by: Annotated[
        Split,
        typer.Option(
            "--by",
            help="outcome: make NAME#right and NAME#wrong of each class, by whether the model predicts it.",
        ),
    ] = "class"
    images_per_class: Annotated[
        int | None,
        typer.Option(
            "--images-per-class",
            metavar="N",
            help="Only the first N images of each class, sorted by name.",
            show_default="all",
        ),
    ] = None
    split: Annotated[
        float | None,
        typer.Option(
            "--split",
            metavar="SHARE",
            help="Keep this share of each class's images out of counting; faithfulness tests these.",
            show_default="none",
        ),
    ] = None

    @property
    def how(self) -> HowCounted:
        """How the images are counted; UsageError as of ``parameters``."""
        return HowCounted(
            parameters=self.parameters,
            match=self.match,
            by=self.by,
            device=self.device,
            processes=self.processes,
            skip_bad=self.skip_bad,
        )

    @property
    def parameters(self) -> Parameters:
        """The counting parameters; UsageError if two options exclude each other."""
        if self.mass is not None and self.top_activations is not None:
            raise UsageError("--mass and --top-activations exclude each other: give one")
        mass = _DEFAULTS.mass if self.top_activations is None else None
        return Parameters(
            mass=mass if self.mass is None else self.mass,
            top_activations=self.top_activations,
            top_influences=self.top_influences,
            excluded=tuple(Channel.parse(text) for text in self.exclude or ()),
            images_per_class=self.images_per_class,
            split=self.split,
            skips=self.skips,
            measure=self.measure,
            baseline=self.baseline,
            target=self.target,
        )
