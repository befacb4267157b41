"""Checks what a count folder says about itself: ``manifest.json`` and ``classes.parquet`` (SPEC 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.counts.manifest import FORMAT
from summit_graph.names import is_part, shortened
from summit_graph.records import HISTOGRAM_BINS, OUTCOMES, Baseline, Measure, Target

#: More channels than any layer or stop has.
MOST_CHANNELS = 1 << 16
#: Counts are kept as int32.
MOST_IMAGES = (1 << 31) - 1
#: More channels than all stops of a network have, each counted once for each source that it reads.
MOST_READ_CHANNELS = 1 << 24

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Natural = Annotated[int, Field(ge=0, le=MOST_IMAGES)]
_Text = Annotated[str, Field(max_length=1000)]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _ParametersShape(_Shape):
    mass: float | None
    top_activations: _Natural | None
    top_influences: _Natural
    excluded: list[str]
    images_per_class: _Natural | None = None
    split: float | None = None
    skips: bool = True
    measure: Measure = "activation"
    baseline: Baseline = "mean"
    target: Target = "class"


class _InputShape(_Shape):
    colors: Literal["RGB", "BGR"]
    maximum: float
    mean: Annotated[list[float], Field(min_length=3, max_length=3)]
    std: Annotated[list[float], Field(min_length=3, max_length=3)]
    transform_input: bool | None = None
    resize: _Natural
    crop: _Natural
    interpolation: str
    squash: bool = False


class _SkippedShape(_Shape):
    file: str
    reason: str


_Channels = Annotated[int, Field(ge=1, le=MOST_CHANNELS)]
_Branches = dict[str, Annotated[list[_Natural], Field(min_length=4, max_length=4)]]


class _ManifestShape(_Shape):
    model: _Text
    weights_sha256: _Sha256
    weights: _Text | None = None
    input: _InputShape | None = None
    parameters: _ParametersShape
    dataset: _Text
    package_version: _Text
    branches: _Branches | None = None
    images: dict[str, _Natural]
    skipped: list[_SkippedShape]
    files: dict[str, _Sha256]


class _Format1Shape(_ManifestShape):
    layers: dict[str, _Channels]


class _LayerShape(_Shape):
    name: _Text
    channels: _Channels
    size: Annotated[list[_Natural], Field(min_length=2, max_length=2)] | None = None


class _ReadsShape(_Shape):
    source: _Text
    skip: bool
    channels: list[Annotated[list[_Natural], Field(min_length=2, max_length=2)]]


class _StopShape(_Shape):
    name: _Text
    layer: _Text
    channels: _Channels
    reads: list[_ReadsShape]


class _Format2Shape(_ManifestShape):
    layers: list[_LayerShape]
    stops: list[_StopShape]


def check_manifest(value: Any) -> None:
    """Raise ValueError if a manifest lacks a field or a field has another type; the message names it."""
    known = value.get("format", 1) if isinstance(value, dict) else 1
    if known not in (1, FORMAT):
        raise ValueError(f"it is of format {shortened(str(known))}: update summit-graph")
    shape = _validated(value, _Format2Shape if known == FORMAT else _Format1Shape)
    if isinstance(shape, _Format2Shape):
        channels = {layer.name: layer.channels for layer in shape.layers}
        fault = _fault_of_layers(shape.layers) or _fault_of_stops(shape.layers, shape.stops)
    else:
        channels = shape.layers
        unknown = sorted(channels.keys() - set(LAYER_NAMES))
        fault = f"layers: {shortened(unknown[0])!r} is not a layer" if unknown else None
    if fault:
        raise ValueError(fault)
    for name, widths in (shape.branches or {}).items():
        if sum(widths) != channels.get(name):
            raise ValueError(f"branches: those of {shortened(name)} do not add up to its channels")


def _validated(value: Any, kind: type[_Format1Shape | _Format2Shape]) -> _Format1Shape | _Format2Shape:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(shortened(str(part)) for part in first["loc"]) or "it"
        raise ValueError(f"{where}: {first['msg']}") from None


def _fault_of_layers(layers: Sequence[_LayerShape]) -> str | None:
    names = [layer.name for layer in layers]
    if unusable := [name for name in names if not name or not name.isprintable()]:
        return f"layers: {shortened(unusable[0])!r} cannot be a layer's name"
    return f"layers: {shortened(_first_repeated(names))} occurs twice" if _are_repeated(names) else None


def _fault_of_stops(layers: Sequence[_LayerShape], stops: Sequence[_StopShape]) -> str | None:
    """What is wrong with the first bad stop; sources must come before the stops that read them."""
    lower = {layer.name: below.name for below, layer in pairwise(layers)}
    channels = {layer.name: layer.channels for layer in layers}
    if sum(stop.channels * (1 + len(stop.reads)) for stop in stops) > MOST_READ_CHANNELS:
        return "stops: they have more channels than any network"
    seen: set[tuple[str, str]] = set()
    for stop in stops:
        if fault := _fault_of_stop(stop, lower, seen):
            return f"stops: {shortened(stop.name)!r} of {shortened(stop.layer)} {fault}"
        if stop.name == stop.layer and stop.channels != channels[stop.layer]:
            return f"stops: {shortened(stop.name)} has another number of channels than the layer"
        seen.add((stop.layer, stop.name))
    lacking = [layer for layer in lower if (layer, layer) not in seen]
    return f"stops: those of {shortened(lacking[0])} are missing" if stops and lacking else None


def _fault_of_stop(stop: _StopShape, lower: Mapping[str, str], seen: set[tuple[str, str]]) -> str | None:
    if not stop.name or not stop.name.isprintable():
        return "cannot be a stop's name"
    if stop.layer not in lower:
        return "is of no layer that has one before it"
    if (stop.layer, stop.name) in seen or stop.name == lower[stop.layer]:
        return "has a name that is taken"
    if (stop.layer, stop.layer) in seen:
        return "comes after its layer"
    for reads in stop.reads:
        if reads.source != lower[stop.layer] and (stop.layer, reads.source) not in seen:
            return f"reads {shortened(reads.source)!r}, which is not before it"
        bounds = list(chain.from_iterable(reads.channels))
        if bounds != sorted(bounds) or bounds[-1:] > [stop.channels]:
            return f"reads {shortened(reads.source)!r} with channels that it does not have"
    return None


def check_summaries(rows: Sequence[Mapping[str, Any]], images: Mapping[str, int]) -> None:
    """Raise ValueError if rows of ``classes.parquet`` are inconsistent with each other or the manifest."""
    names = [row["class"] for row in rows]
    for name in names:
        if not is_part(name):
            raise ValueError(
                f"{shortened(str(name))!r} cannot be a class's name, because it is not a file name: "
                "count the class again under another"
            )
    if _are_repeated(names):
        raise ValueError(f"class {_first_repeated(names)!r} occurs twice")
    if set(names) != images.keys():
        other = sorted(set(names) ^ images.keys())[0]
        raise ValueError(f"class {shortened(other)!r} is in only one of the file and manifest.json")
    for row in rows:
        if fault := _fault_of_summary(row, images[row["class"]]):
            raise ValueError(f"class {row['class']!r} {fault}")


def _fault_of_summary(row: Mapping[str, Any], images: int) -> str | None:
    title, output = row["title"], row["output"]
    if row["images"] != images:
        return f"has {row['images']} images, and {images} in manifest.json"
    if not isinstance(title, str) or len(title) > 1000:
        return "has no title that can be shown"
    if fault := _fault_of_outcome(row.get("base"), row.get("outcome")):
        return fault
    known = (row["top1"], row["top5"], row["histogram"])
    if output is None:
        return None if known == (None, None, None) else "has an accuracy but no output"
    if output < 0 or None in known:
        return "has an output but no accuracy"
    top1, top5, histogram = known
    if not 0 <= top1 <= top5 <= images:
        return f"is right in {top1} and {top5} of {images} images"
    whole = len(histogram) == HISTOGRAM_BINS and None not in histogram and min(histogram) >= 0
    if not whole or sum(histogram) != images:
        return f"has a histogram that is not of {HISTOGRAM_BINS} bins and {images} images"
    return None


def _fault_of_outcome(base: object, outcome: object) -> str | None:
    if (base, outcome) == (None, None) or (is_part(base) and outcome in OUTCOMES):
        return None
    return f"is of outcome {shortened(repr(outcome))} of {shortened(repr(base))}"


def _are_repeated(names: Sequence[str]) -> bool:
    return len(set(names)) < len(names)


def _first_repeated(names: Sequence[str]) -> str:
    return next(name for name, times in Counter(names).items() if times > 1)
