"""Options that name a model and say how images become its input, each declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from summit_graph.defaults import DEFAULT_MODEL
from summit_graph.errors import UsageError
from summit_graph.records import Parameters

if TYPE_CHECKING:
    from summit_graph.model.counted import CountedModel
    from summit_graph.model.program.layers import Program
    from summit_graph.model.sources import InputOptions, ModelSource
    from summit_graph.model.weights import OnDownload


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """A model, its layers and its input."""

    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            help="inceptionv1, a name of torchvision (resnet50), timm:NAME, a program FILE.pt2, or "
            "module:callable or path/to/file.py:callable (your own code, which is executed).",
        ),
    ] = DEFAULT_MODEL
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            "-w",
            help="A file with the model's state dict; for inceptionv1 bvlc (default), torchvision, "
            "inception5h or a file (safetensors, ONNX, PyTorch).",
            show_default="those that the model comes with",
        ),
    ] = None
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layers",
            metavar="PATTERN",
            help="Only these layers, by module path (repeatable, or separated by commas); * matches within "
            "one part of a path, ** across parts.",
        ),
    ] = None
    resize: Annotated[
        int | None, typer.Option("--resize", min=1, help="The image's short side, in pixels.")
    ] = None
    crop: Annotated[
        int | None, typer.Option("--crop", min=1, help="The side of the square cut from its middle.")
    ] = None
    mean: Annotated[
        str | None, typer.Option("--mean", metavar="R,G,B", help="Mean of each color, 0 to 1.")
    ] = None
    std: Annotated[
        str | None, typer.Option("--std", metavar="R,G,B", help="Standard deviation of each color.")
    ] = None
    interpolation: Annotated[
        str | None,
        typer.Option("--interpolation", help="How the image is resized: bilinear, bicubic, nearest."),
    ] = None
    squash: Annotated[
        bool | None,
        typer.Option(
            "--squash/--no-squash",
            help="Resize both sides, as torchvision's Resize((224, 224)) does.",
            show_default="no",
        ),
    ] = None
    transform_input: Annotated[
        bool | None,
        typer.Option(
            "--transform-input/--no-transform-input",
            help="Whether a torchvision GoogLeNet or Inception v3 was trained with transform_input: yes if "
            "fine-tuned from torchvision's weights, no if trained from scratch.",
            show_default="yes",
        ),
    ] = None

    @property
    def input(self) -> InputOptions:
        """The input rule's parts that are given; UsageError if one is not readable."""
        from summit_graph.model.sources import InputOptions

        mean, std = _colors("--mean", self.mean), _colors("--std", self.std)
        return InputOptions(
            self.resize, self.crop, mean, std, self.interpolation, self.transform_input, self.squash
        )

    def read(self, *, trained: bool, on_progress: OnDownload | None = None) -> tuple[ModelSource, Program]:
        """The model and the reading of its program; with its trained weights only where they are needed."""
        from summit_graph.model.counted import read_source
        from summit_graph.model.sources import open_model

        source = open_model(
            self.model, weights=self.weights, options=self.input, trained=trained, on_progress=on_progress
        )
        named = [one.strip() for given in self.layers or () for one in given.split(",") if one.strip()]
        return source, read_source(source, layers=named)

    def read_counted(
        self, *parameters: Parameters | None, on_progress: OnDownload | None = None
    ) -> list[CountedModel]:
        """The model as it is counted with each of the parameters; its weights are read once."""
        from summit_graph.model.counted import counted_model

        source, program = self.read(trained=True, on_progress=on_progress)
        return [counted_model(source, program, one) for one in parameters]


def _colors(option: str, text: str | None) -> tuple[float, float, float] | None:
    if text is None:
        return None
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"{option} takes three numbers with commas, such as 0.5,0.5,0.5, not {text!r}"
        ) from None
    return red, green, blue
