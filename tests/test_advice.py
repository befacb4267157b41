"""The commands that are suggested for a network."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from summit_graph.cli import app
from summit_graph.images.input_rule import CAFFE_INPUT, IMAGENET_INPUT, TORCHVISION_INPUT
from summit_graph.records import Channel, Parameters
from summit_graph.store.networks import Network
from summit_graph.views.advice import examples_command, ingest_command, model_options, render_command

BVLC = Network("birds", "bvlc", "0" * 64, "photos", Parameters(), "2026-01-31T12:00:00Z", 3, 1, CAFFE_INPUT)
STOPS = '[{"name": "conv2", "layer": "conv2", "channels": 4, "reads": []}]'
CODE = replace(BVLC, model="nets.py:build", input=IMAGENET_INPUT, stops=STOPS)
RESNET = replace(CODE, model="resnet18")
TUNED = replace(BVLC, model="tuned", input=replace(TORCHVISION_INPUT, transform_input=False))


@pytest.mark.parametrize(
    ("network", "options"),
    [
        (BVLC, []),
        (replace(BVLC, model="torchvision", input=TORCHVISION_INPUT), ["--weights", "torchvision"]),
        (replace(BVLC, model="own"), ["--weights", "FILE"]),
        (replace(BVLC, model="own", input=None), ["--weights", "FILE"]),
        (TUNED, ["--weights", "FILE", "--no-transform-input"]),
        (CODE, ["--model", "nets.py:build", "--weights", "FILE"]),
        (RESNET, ["--model", "resnet18"]),
        (replace(RESNET, weights="file"), ["--model", "resnet18", "--weights", "FILE"]),
        (replace(RESNET, weights="IMAGENET1K_V1"), ["--model", "resnet18", "--weights", "IMAGENET1K_V1"]),
        (replace(RESNET, input=replace(IMAGENET_INPUT, squash=True)), ["--model", "resnet18", "--squash"]),
        (replace(TUNED, input=TORCHVISION_INPUT), ["--weights", "FILE", "--transform-input"]),
    ],
)
def test_options_name_the_model(network: Network, options: list[str]) -> None:
    """Without them the default weights would be read (kind: advice that fails when it is followed)."""
    assert model_options(network) == options


def test_commands_name_the_network_and_its_model() -> None:
    """What a network of other weights needs is in every command."""
    model = "--weights FILE --no-transform-input"
    assert examples_command(TUNED) == f"summit-graph examples IMAGES --network birds {model}"
    assert render_command(TUNED) == f"summit-graph render --all {model}"
    assert render_command(BVLC, class_name="a b") == "summit-graph render -n birds '--class=a b'"


def test_more_classes_are_counted_with_the_networks_parameters() -> None:
    """Others would be refused."""
    excluded = (Channel("mixed3a", 67), Channel("mixed3b", 390))
    own = Parameters(mass=None, top_activations=3, excluded=excluded, images_per_class=50, split=0.2)
    assert ingest_command(replace(BVLC, parameters=own)) == (
        "summit-graph ingest IMAGES --network birds --top-activations 3 --images-per-class 50 "
        "--split 0.2 --exclude mixed3a/67 --exclude mixed3b/390"
    )
    assert ingest_command(BVLC) == "summit-graph ingest IMAGES --network birds"


def test_an_imported_network_gets_no_command() -> None:
    """Its weights are unknown."""
    imported = replace(BVLC, parameters=None, weights_sha256=None, input=None)
    assert {make(imported) for make in (render_command, examples_command, ingest_command)} == {None}


@pytest.mark.parametrize("command", ["render", "examples", "ingest"])
def test_the_options_exist(command: str) -> None:
    """Each suggested option is one of the command."""
    suggested = {
        "render": render_command(TUNED, class_name="owl"),
        "examples": examples_command(TUNED),
        "ingest": ingest_command(replace(TUNED, parameters=Parameters(mass=0.1, top_influences=3))),
    }[command]
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "400"}).output
    for option in (word.split("=")[0] for word in str(suggested).split() if word.startswith("-")):
        assert option in shown
