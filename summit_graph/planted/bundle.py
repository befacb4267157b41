"""The bundled folder ``world/``: images of the classes, two trained networks, their names and report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from summit_graph.planted.painting import SIZE
from summit_graph.settings import package_folder

if TYPE_CHECKING:
    from summit_graph.model.counted import CountedModel


#: The network of the live demo.
SHOWN = "inception"


def world_folder() -> Path:
    """The folder: inside an installed package, next to it in a checkout."""
    return package_folder("world")


def image_folder() -> Path:
    """A folder per class, with 20 images each."""
    return world_folder() / "images"


def weights_file(network: str) -> Path:
    """The weights of ``inception`` or ``resnet``."""
    return world_folder() / f"{network}.safetensors"


def label_file() -> Path:
    """The names of the outputs, one per line."""
    return world_folder() / "names.txt"


def model_name(network: str) -> str:
    """What ``--model`` takes for ``inception`` or ``resnet``."""
    return f"{__package__}.networks:{network}"


def model_options(network: str) -> list[str]:
    """The options of commands that name a bundled network and its input."""
    size = str(SIZE)
    weights = str(weights_file(network))
    return ["--model", model_name(network), "--weights", weights, "--resize", size, "--crop", size]


def read_network(network: str) -> CountedModel:
    """``inception`` or ``resnet`` with its weights, as it is counted."""
    from summit_graph.model.counted import counted_model
    from summit_graph.model.program.layers import read_program
    from summit_graph.model.sources import InputOptions, open_model

    input_ = InputOptions(resize=SIZE, crop=SIZE)
    source = open_model(model_name(network), weights=str(weights_file(network)), options=input_)
    return counted_model(source, read_program(source.captured))
