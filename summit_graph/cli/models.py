"""``summit-graph model``: the layers and channels of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from summit_graph.cli.console import counted, print_json, print_table, say
from summit_graph.cli.options import JsonOption
from summit_graph.errors import ModelError, UsageError

if TYPE_CHECKING:
    from summit_graph.model.sources import ModelSource

#: Number of names in a cell of the table.
MOST_NAMES = 4

app = typer.Typer(help="Inspect the layers and channels of models.", no_args_is_help=True)

ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        help="inceptionv1, a name of torchvision (resnet50), timm:NAME, a program FILE.pt2, or "
        "module:callable or path/to/file.py:callable (your own code, which is executed).",
    ),
]
ModelWeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights", "-w", help="A file with the model's state dict; for inceptionv1 as for ingest."
    ),
]
LayersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--layers",
        metavar="PATTERN",
        help="Only these layers, by module path (repeatable, or separated by commas); * matches within one "
        "part of a path, ** across parts.",
    ),
]
ResizeOption = Annotated[
    int | None, typer.Option("--resize", min=1, help="The image's short side, in pixels.")
]
CropOption = Annotated[
    int | None, typer.Option("--crop", min=1, help="The side of the square cut from its middle.")
]
MeanOption = Annotated[
    str | None, typer.Option("--mean", metavar="R,G,B", help="Mean of each color, 0 to 1.")
]
DeviationOption = Annotated[
    str | None, typer.Option("--std", metavar="R,G,B", help="Standard deviation of each color.")
]
InterpolationOption = Annotated[
    str | None, typer.Option("--interpolation", help="How the image is resized: bilinear, bicubic, nearest.")
]
TransformInputOption = Annotated[
    bool | None,
    typer.Option(
        "--transform-input/--no-transform-input",
        help="Whether a torchvision GoogLeNet or Inception v3 was trained with transform_input.",
        show_default="yes",
    ),
]


@app.command(epilog="Example: summit-graph model inspect --model resnet50")
def inspect(
    model: ModelOption = "inceptionv1",
    weights: ModelWeightsOption = None,
    layers: LayersOption = None,
    resize: ResizeOption = None,
    crop: CropOption = None,
    mean: MeanOption = None,
    std: DeviationOption = None,
    interpolation: InterpolationOption = None,
    transform_input: TransformInputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the input, layers, inner stops and skips of a model, or which part is not supported.

    Weights are downloaded only for InceptionV1; the layers of other models do not depend on weights.
    """
    from summit_graph.model.program.describing import describe_program, explain_refusals
    from summit_graph.model.program.layers import read_program
    from summit_graph.model.sources import InputOptions, open_model

    options = InputOptions(
        resize, crop, _colors("--mean", mean), _colors("--std", std), interpolation, transform_input
    )
    source = open_model(model, weights=weights, options=options)
    patterns = [one for given in layers or () for one in given.split(",")] or source.layers
    program = read_program(source.captured, layers=patterns, short_stop_names=source.short_stop_names)
    found = {"model": source.name, "input": source.input.to_json(), **describe_program(program)}
    if as_json:
        print_json(found)
    else:
        _show(source, found)
    if program.refused:
        raise ModelError(f"{source.name} is refused: {explain_refusals(program.refused)}")


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


def _show(source: ModelSource, found: dict[str, Any]) -> None:
    say(f"Input: {source.input}.")
    if source.assumed:
        say(f"Warning: {source.assumed}.")
    headings = ["layer", "channels", "size", "inner stops", "skips"]
    print_table(headings, [_row(layer) for layer in found["layers"]])
    layers = counted(len(found["layers"]), "layer", "layers")
    outputs = counted(found["outputs"], "output", "outputs")
    feeds = "" if found["feeds_logits"] else ", which the last layer does not feed directly"
    say(f"{layers}, {outputs}{feeds}.")


def _row(layer: dict[str, Any]) -> list[Any]:
    """Stops without the layer's own path; for a skip the layer that it comes from."""
    stops = [stop["name"].removeprefix(f"{layer['name']}.") for stop in layer["stops"]]
    skips = dict.fromkeys(skip["from"] for skip in layer["skips"])
    size = "x".join(map(str, layer["size"]))
    return [layer["name"], layer["channels"], size, _few(stops), _few(list(skips))]


def _few(names: list[str]) -> str:
    """The names, the middle of a long list left out."""
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:2])}, … {names[-1]} ({len(names)})"
