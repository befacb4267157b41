"""A program described as plain data: layers, inner stops, skips, refused operators."""

from __future__ import annotations

from typing import Any

from summit_graph.model.program.layers import IMAGE, UNREAD, Layer, Program, Stop
from summit_graph.model.program.steps import Refusal


def describe_program(program: Program) -> dict[str, Any]:
    """Layers with inner stops and skips, refused operators, and whether the last layer feeds the logits."""
    return {
        "layers": [_layer(program, layer) for layer in program.layers],
        "outputs": program.captured.outputs,
        "feeds_logits": program.feeds_logits,
        "refused": [{"operator": one.operator, "module": one.module} for one in program.refused],
    }


def explain_refusals(refused: tuple[Refusal, ...]) -> str:
    """A clause that lists each operator once, with the first module that calls it."""
    modules: dict[str, list[str]] = {}
    for one in refused:
        modules.setdefault(one.operator, []).append(one.module or "the model itself")
    found = [f"{operator} in {_first(places)}" for operator, places in modules.items()]
    return f"between its layers are operators whose channels cannot be followed: {'; '.join(found)}"


def _first(places: list[str]) -> str:
    more = f" and {len(places) - 1} more modules" if len(places) > 1 else ""
    return f"module {places[0]}{more}" if places[0] != "the model itself" else f"{places[0]}{more}"


def _layer(program: Program, layer: Layer) -> dict[str, Any]:
    inner = [program.stops[place] for place in layer.inner]
    own = [] if layer is program.layers[0] else [layer.stop]
    return {
        "name": layer.name,
        "channels": layer.stop.channels,
        "size": list(layer.layout.size),
        "stops": [{"name": stop.name, "channels": stop.channels} for stop in inner],
        "skips": [skip for stop in [*inner, *own] for skip in _skips(program, stop)],
    }


def _skips(program: Program, stop: Stop) -> list[dict[str, Any]]:
    """The identities in a stop's sums, with their source and target channels."""
    identities = [(part, term) for part in stop.parts for term in part.sum.identities]
    places = [place for part, term in identities for place in part.places_read(term, program.origins)]
    sources = [
        "image" if place == IMAGE else program.stops[place].name for place in places if place != UNREAD
    ]
    return [{"from": source, "to": stop.name} for source in sources]
