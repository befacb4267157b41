"""``summit-graph model``: the layers and channels of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from summit_graph.cli.console import print_json, print_table, say
from summit_graph.cli.model_options import ModelOptions
from summit_graph.cli.options import JsonOption, takes_options
from summit_graph.display.wording import counted
from summit_graph.errors import ModelError
from summit_graph.workflows.counting import require_compute

if TYPE_CHECKING:
    from summit_graph.model.sources import ModelSource

#: Number of names in a cell of the table.
MOST_NAMES = 4

app = typer.Typer(help="Inspect the layers and channels of models.", no_args_is_help=True)


@app.command(epilog="Example: summit-graph model inspect --model resnet50")
@takes_options
def inspect(options: ModelOptions, as_json: JsonOption = False) -> None:
    """Print the input, layers, inner stops and skips of a model, or which part is not supported.

    Weights are downloaded only for InceptionV1; the layers of other models do not depend on weights.
    """
    require_compute()
    from summit_graph.model.program.describing import describe_program, explain_refusals

    source, program = options.read(trained=False)
    found = {"model": source.name, "input": source.input.to_json(), **describe_program(program)}
    if as_json:
        print_json(found)
    else:
        _show(source, found)
    if program.refused:
        raise ModelError(f"{source.name} is refused: {explain_refusals(program.refused)}")


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
