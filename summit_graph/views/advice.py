"""Commands to suggest for a network: with the options that its weights, input rule and parameters need.

Without them the command would read other weights, or count with other parameters, and refuse the network.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from summit_graph.defaults import DEFAULT_WEIGHTS, NAMED_WEIGHTS, OF_FILE
from summit_graph.images.input_rule import IMAGENET_INPUT, InputRule
from summit_graph.records import Measure, Parameters
from summit_graph.store.networks import Network

#: Placeholders that the user replaces: a folder of images, a file of weights.
IMAGES, FILE = "IMAGES", "FILE"


def render_command(network: Network, *, class_name: str | None = None) -> str | None:
    """``summit-graph render`` for all channels, or a class's; None for an imported network."""
    if network.parameters is None:
        return None
    of_class = ("-n", network.name, f"--class={class_name}")
    return _command("render", *(of_class if class_name else ("--all",)), *model_options(network))


def examples_command(network: Network) -> str | None:
    """``summit-graph examples``; None for an imported network."""
    if network.parameters is None:
        return None
    return _command("examples", IMAGES, "--network", network.name, *model_options(network))


def ingest_command(network: Network) -> str | None:
    """``summit-graph ingest`` of more classes; None for an imported network."""
    if network.parameters is None:
        return None
    options = (*model_options(network), *_parameter_options(network.parameters))
    return _command("ingest", IMAGES, "--network", network.name, *options)


def companion_command(network: Network, measure: Measure, name: str) -> str:
    """``summit-graph ingest`` of the same images by another measure, into a network of that name."""
    usual, parameters = Parameters(), network.parameters or Parameters()
    by: dict[str, Any] = {"measure": measure}
    if measure == "activation":
        by |= {"baseline": usual.baseline, "target": usual.target}
    options = (*model_options(network), *_parameter_options(replace(parameters, **by)))
    return _command("ingest", IMAGES, "--network", name, *options)


def faithfulness_command(network: Network, class_name: str) -> str | None:
    """``summit-graph faithfulness`` of a class; None for an imported network."""
    if network.parameters is None:
        return None
    images = ("--images", IMAGES, "--network", network.name)
    return _command("faithfulness", class_name, *images, *model_options(network))


def groups_command(network: Network) -> str | None:
    """``summit-graph groups``; None for an imported network."""
    return None if network.parameters is None else _command("groups", "--network", network.name)


def live_demo_command() -> str | None:
    """``summit-graph demo --live``; None without the compute extra."""
    return None if find_spec("torch") is None else _command("demo", "--live")


def model_options(network: Network) -> list[str]:
    """The options that name the network's weights and input rule; none for the default weights."""
    if not network.is_inception:
        return ["--model", network.model, *_weights_options(network), *_input_options(network.input)]
    if network.model == DEFAULT_WEIGHTS:
        return []
    if network.model in NAMED_WEIGHTS:
        return ["--weights", network.model]
    transform = {True: ["--transform-input"], False: ["--no-transform-input"], None: []}
    return ["--weights", FILE, *transform[network.input.transform_input if network.input else None]]


def _weights_options(network: Network) -> list[str]:
    """Those of another model than InceptionV1. Older networks of the user's own code do not record them."""
    is_code = ":" in network.model and not network.model.startswith("timm:")
    if network.weights == OF_FILE or (is_code and network.weights is None):
        return ["--weights", FILE]
    return ["--weights", network.weights] if network.weights else []


def _input_options(rule: InputRule | None) -> list[str]:
    """The options of those parts of the input rule that are not the usual ones."""
    if rule is None:
        return []
    given = {
        "--resize": (rule.resize, IMAGENET_INPUT.resize),
        "--crop": (rule.crop, IMAGENET_INPUT.crop),
        "--interpolation": (rule.interpolation, IMAGENET_INPUT.interpolation),
        "--mean": (_numbers(rule.mean), _numbers(IMAGENET_INPUT.mean)),
        "--std": (_numbers(rule.std), _numbers(IMAGENET_INPUT.std)),
    }
    changed = {name: value for name, (value, usual) in given.items() if value != usual}
    options = [word for name, value in changed.items() for word in (name, str(value))]
    return [*options, "--squash"] if rule.squash else options


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)


def _parameter_options(parameters: Parameters) -> list[str]:
    """The options of those parameters that are not the default."""
    usual = Parameters()
    given = {
        "--mass": (parameters.mass, usual.mass),
        "--top-activations": (parameters.top_activations, usual.top_activations),
        "--top-influences": (parameters.top_influences, usual.top_influences),
        "--images-per-class": (parameters.images_per_class, usual.images_per_class),
        "--split": (parameters.split, usual.split),
    }
    changed = {name: value for name, (value, default) in given.items() if value not in (default, None)}
    options = [word for name, value in changed.items() for word in (name, str(value))]
    options += [] if parameters.skips else ["--no-skips"]
    for name in ("measure", "baseline", "target"):
        if getattr(parameters, name) != getattr(usual, name):
            options += [f"--{name}", getattr(parameters, name)]
    return options + [word for channel in parameters.excluded for word in ("--exclude", str(channel))]


def _command(*words: str) -> str:
    return shlex.join(["summit-graph", *words])
