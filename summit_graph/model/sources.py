"""Where a model comes from, by the value of ``--model``: a name, a file, a Python callable.

| value | means |
|---|---|
| ``inceptionv1`` | InceptionV1 with the weights that ``weights`` reads |
| ``resnet50`` … | a model of torchvision |
| ``timm:NAME`` | a model of timm, where it is installed |
| ``FILE.pt2`` | a program saved by ``torch.export.save`` |
| ``module:callable``, ``file.py:callable`` | Python code that returns an ``nn.Module``; it is run |

Weights of a file are loaded into the module. Without a file, a named model has its source's trained weights,
which are downloaded only if they are needed: its architecture can be read without them.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import importlib.util
import math
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from torch import Tensor, nn

from summit_graph.defaults import DEFAULT_MODEL, DEFAULT_WEIGHTS, OF_FILE
from summit_graph.errors import ModelError, SummitGraphError, UsageError, WeightsError, first_line
from summit_graph.images.input_rule import IMAGENET_INPUT, InputRule
from summit_graph.model.program.capture import Captured, capture, read_pt2
from summit_graph.model.state_dicts import fit_names, read_state_dict, refuse_not_finite, sound_tensor
from summit_graph.model.weights import (
    ASSUMED_TRANSFORM,
    NEEDS_TRANSFORM,
    OnDownload,
    hash_tensors,
    torchvision_state,
)
from summit_graph.names import did_you_mean
from summit_graph.records import Branches

#: A module in memory, or a value of ``--model``.
AnyModel: TypeAlias = str | nn.Module

INCEPTION = DEFAULT_MODEL
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "box", "hamming", "lanczos")


@dataclass(frozen=True)
class InputOptions:
    """What of the input rule is said otherwise than the model's source says it; None for what is not."""

    resize: int | None = None
    crop: int | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    interpolation: str | None = None
    transform_input: bool | None = None
    squash: bool | None = None

    def over(self, rule: InputRule) -> InputRule:
        """The rule with what is said otherwise."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        if {"mean", "std"} & given.keys() and (rule.colors, rule.maximum) != ("RGB", 1.0):
            raise UsageError(
                f"--mean and --std are for RGB from 0 to 1, not for {rule.colors}: leave them out"
            )
        if self.transform_input is not None and rule.transform_input is None:
            raise UsageError("this model takes no transform_input: leave the option out")
        return _checked(replace(rule, **given))


def _checked(rule: InputRule) -> InputRule:
    """The rule, if images can be prepared by it; else UsageError."""
    if rule.interpolation not in INTERPOLATIONS:
        raise UsageError(f"--interpolation is one of {', '.join(INTERPOLATIONS)}, not {rule.interpolation!r}")
    if not all(map(math.isfinite, (*rule.mean, *rule.std))) or min(rule.std) <= 0:
        raise UsageError("--mean takes finite numbers, and --std finite numbers above 0")
    if not 0 < rule.crop <= rule.resize:
        raise UsageError(f"--crop {rule.crop} is larger than --resize {rule.resize}: give both")
    return rule


@dataclass(frozen=True)
class ModelSource:
    """A model that was found, captured.

    Attributes:
        name: as it was asked for.
        captured: its program.
        input: how images become its input.
        categories: names of its outputs, where the source has them.
        layers: patterns of the layers that are counted by default; None for all that are on all paths.
        short_stop_names: whether inner stops are called by the last part of their path.
        assumed: a sentence on an assumption about the input that no file records, or None.
        weights: name of the weights, or "file"; None where the model comes with them.
        sha256: identity of the weights (SPEC 2).
        branches: of InceptionV1, the widths of each layer's branches.
    """

    name: str
    captured: Captured
    input: InputRule
    categories: tuple[str, ...] | None = None
    layers: tuple[str, ...] | None = None
    short_stop_names: bool = False
    assumed: str | None = None
    weights: str | None = None
    sha256: str = ""
    branches: Mapping[str, Branches] = field(default_factory=dict)

    @property
    def network_name(self) -> str:
        """What networks are named after: InceptionV1's weights, or the model."""
        return self.weights or self.name if self.name == INCEPTION else self.name


def open_model(
    name: str = INCEPTION,
    *,
    weights: str | None = None,
    options: InputOptions | None = None,
    trained: bool = False,
    on_progress: OnDownload | None = None,
) -> ModelSource:
    """The model of that name, captured, with its input rule.

    Args:
        weights: for ``inceptionv1`` as ever; for others a file, or the name of weights of torchvision.
        trained: whether a named model without a file gets its source's trained weights (a download).
        on_progress: called while InceptionV1's weights are downloaded.

    Raises:
        ModelError: no such model, its code fails, or it is no classifier of RGB images.
        WeightsError: the file does not fit it.
        UsageError: the options do not go together.
    """
    options = options or InputOptions()
    if name == INCEPTION:
        return _inception(weights or DEFAULT_WEIGHTS, options, on_progress)
    if name.endswith(".pt2"):
        return _program(Path(name), weights, options)
    if name.startswith("timm:"):
        return _timm(name, weights, options, trained=trained)
    if ":" in name:
        module = _called(name)
        built = _Built(module, replace(IMAGENET_INPUT, transform_input=_own_transform(module)))
        return _captured(name, built, _of_file(weights, name), options)
    return _torchvision(name, weights, options, trained=trained)


def module_source(module: nn.Module, *, options: InputOptions | None = None) -> ModelSource:
    """A module in memory, captured in eval mode on the CPU; the module itself stays as it is.

    Raises:
        ModelError: it is no classifier of RGB images.
        WeightsError: a tensor has a value that is not finite.
    """
    name, copied = type(module).__name__, copy.deepcopy(module).cpu()
    built = _Built(copied, replace(IMAGENET_INPUT, transform_input=_own_transform(copied)))
    return _captured(name, built, None, options or InputOptions())


def _own_transform(module: nn.Module) -> bool | None:
    """A GoogLeNet's or Inception's own ``transform_input``; None for other modules."""
    found = getattr(module, "transform_input", None)
    return found if isinstance(found, bool) else None


def _inception(weights: str, options: InputOptions, on_progress: OnDownload | None) -> ModelSource:
    from summit_graph.model.inception import MIXED_LAYERS, Inception
    from summit_graph.model.weights import read_weights

    read = read_weights(weights, transform_input=options.transform_input, on_progress=on_progress)
    rule = options.over(read.input)
    captured = capture(Inception(read), (rule.crop, rule.crop))
    return ModelSource(
        INCEPTION,
        captured,
        rule,
        layers=MIXED_LAYERS,
        short_stop_names=True,
        assumed=read.assumed,
        weights=read.name,
        sha256=read.sha256,
        branches={layer.name: layer.branches for layer in read.layers if layer.branches},
    )


def _program(file: Path, weights: str | None, options: InputOptions) -> ModelSource:
    if weights is not None:
        raise UsageError(f"{file} has its own weights: leave --weights out")
    captured = read_pt2(file)
    _check_finite(captured, str(file))
    height, width = captured.size
    if height != width or options.crop not in (None, width):
        raise ModelError(
            f"{file} was exported for images of {height}x{width}: export it for the size you crop to"
        )
    scaled = replace(
        IMAGENET_INPUT, crop=width, resize=round(width * IMAGENET_INPUT.resize / IMAGENET_INPUT.crop)
    )
    return ModelSource(str(file), captured, options.over(scaled), sha256=_state_hash(captured))


def _state_hash(captured: Captured, *, absent: Collection[str] = ()) -> str:
    """The identity of weights: over the state dict's float tensors by their names, without folding.

    Tensors that a weights file lacks, and that the program does not use, have random values and do not count.
    """
    return hash_tensors(
        {
            name: one.float().cpu()
            for name, one in captured.state.items()
            if one.is_floating_point() and name not in absent
        }
    )


@dataclass(frozen=True)
class _Built:
    """A module with its source's input rule, and how to build it with another number of outputs.

    ``categories`` and ``assumed`` are those of ``ModelSource``.
    """

    module: nn.Module
    input: InputRule
    categories: tuple[str, ...] | None = None
    rebuild: Callable[[int], nn.Module] | None = None
    assumed: str | None = None


@dataclass(frozen=True)
class _Given:
    """Tensors to load into a module, and where they come from, for messages."""

    tensors: dict[str, Tensor]
    source: str


def _torchvision(name: str, weights: str | None, options: InputOptions, *, trained: bool) -> ModelSource:
    from torchvision import models

    if name.lower() not in models.list_models(module=models):
        raise ModelError(_unknown(name, [INCEPTION, *models.list_models(module=models)]))
    entries = models.get_model_weights(name)
    by_name = {entry.name: entry for entry in entries}
    default = getattr(entries, "DEFAULT", None)
    if default:
        by_name["DEFAULT"] = default
    entry = by_name.get(weights or "DEFAULT", default)

    def build(**outputs: int) -> nn.Module:
        return _ran(name, lambda: models.get_model(name, weights=None, **outputs))

    module = build()
    rule = _of_transforms(entry.transforms()) if entry else IMAGENET_INPUT
    if hasattr(module, "transform_input"):
        rule = replace(rule, transform_input=options.transform_input is not False)
    built = _Built(module, rule, _categories(entry), lambda outputs: build(num_classes=outputs))
    if weights is None or weights in by_name:
        given = _torchvision_weights(name, entry, rule) if trained else None
        return _captured(name, built, given, options, weights=entry.name if given and entry else None)
    assumed = ASSUMED_TRANSFORM if rule.transform_input and options.transform_input is None else None
    built = replace(built, categories=None, assumed=assumed)
    return _captured(name, built, _of_file(weights, name, [one.name for one in entries]), options)


def _torchvision_weights(name: str, entry: Any, rule: InputRule) -> _Given:
    """The trained weights of an entry, which were trained with ``transform_input`` if the model has it."""
    if entry is None:
        raise ModelError(f"torchvision has no trained weights of {name}: give --weights FILE")
    if rule.transform_input is False:
        raise UsageError(NEEDS_TRANSFORM)
    return _Given(torchvision_state(entry), f"{name}'s weights")


def _of_transforms(transforms: Any) -> InputRule:
    """torchvision's preprocessing as an input rule."""
    return InputRule(
        "RGB",
        1.0,
        tuple(transforms.mean),
        tuple(transforms.std),
        resize=transforms.resize_size[0],
        crop=transforms.crop_size[0],
        interpolation=transforms.interpolation.value,
    )


def _categories(entry: Any) -> tuple[str, ...] | None:
    return tuple(entry.meta["categories"]) if entry and "categories" in entry.meta else None


def _timm(name: str, weights: str | None, options: InputOptions, *, trained: bool) -> ModelSource:
    try:
        import timm  # type: ignore[import-not-found,unused-ignore]  # optional
    except ImportError:
        raise ModelError(f"{name} needs timm: pip install timm") from None
    plain = name.removeprefix("timm:")
    if not timm.is_model(plain):
        raise ModelError(_unknown(name, [f"timm:{one}" for one in timm.list_models()]))

    def build(**outputs: Any) -> nn.Module:
        pretrained = trained and weights is None
        module: nn.Module = _ran(name, lambda: timm.create_model(plain, pretrained=pretrained, **outputs))
        return module

    module = build()
    names = _timm_names(module.pretrained_cfg) if weights is None else None
    built = _Built(
        module, _of_timm(name, module.pretrained_cfg), names, lambda outputs: build(num_classes=outputs)
    )
    return _captured(name, built, _of_file(weights, name), options)


def _of_timm(name: str, config: Any) -> InputRule:
    """timm's ``pretrained_cfg`` as an input rule."""
    mode, crop = config.get("crop_mode", "center"), config["input_size"][-1]
    if mode not in ("center", "squash"):
        raise ModelError(f"{name} is refused: timm prepares its images in crop mode {mode!r}")
    return InputRule(
        "RGB",
        1.0,
        tuple(config["mean"]),
        tuple(config["std"]),
        resize=int(crop / config.get("crop_pct", 0.875)),
        crop=crop,
        interpolation=config.get("interpolation", "bilinear"),
        squash=mode == "squash",
    )


def _timm_names(config: Any) -> tuple[str, ...] | None:
    """The names of the outputs of timm's weights, with their WordNet ids where those are the names.

    Where the weights name none, timm knows ImageNet's from their number: 1000, 11821, 21841 and others.
    """
    from timm.data import ImageNetInfo, infer_imagenet_subset

    names, described = config.get("label_names"), config.get("label_descriptions") or {}
    subset = infer_imagenet_subset(config)
    if not names and subset:
        info = ImageNetInfo(subset)
        names, described = info.label_names(), info.label_descriptions(as_dict=True)
    return tuple(" ".join(filter(None, (one, described.get(one)))) for one in names) if names else None


def _called(name: str) -> nn.Module:
    """What a callable of an importable module or a Python file returns."""
    where, _, attribute = name.rpartition(":")
    found = _ran(name, lambda: _attribute(_imported(where), attribute, where))
    module = found if isinstance(found, nn.Module) else _ran(name, found)
    if not isinstance(module, nn.Module):
        raise ModelError(f"{name} returns {type(module).__name__}, not an nn.Module")
    return module


def _attribute(module: ModuleType, name: str, where: str) -> Any:
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ModelError(f"{where} has no {name}")
        found = getattr(found, part)
    return found


def _imported(where: str) -> ModuleType:
    """A module by its name, looked for in the working folder too, or a Python file."""
    if not where.endswith(".py"):
        with _importable(Path.cwd()):
            return importlib.import_module(where)
    file = Path(where)
    if not file.is_file():
        raise ModelError(f"{file} does not exist")
    spec = importlib.util.spec_from_file_location(f"_summit_graph_model_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    try:
        with _importable(file.resolve().parent):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Make modules in the file's folder importable, as when Python runs the file."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _ran(name: str, code: Callable[[], Any]) -> Any:
    """The result of the user's code; if it fails, an error in one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of initializations and versions: nothing is trained here
            return code()
    except SummitGraphError:
        raise
    except Exception as error:  # that code can raise anything
        reason = f"{type(error).__name__}: {first_line(error)}" if str(error) else type(error).__name__
        raise ModelError(f"{name} fails: {reason}") from None


def _captured(
    name: str, built: _Built, given: _Given | None, options: InputOptions, *, weights: str | None = None
) -> ModelSource:
    rule = options.over(built.input)
    module, absent = (built.module, []) if given is None else _loaded(built, given)
    if rule.transform_input is not None:
        module.transform_input = rule.transform_input  # type: ignore[assignment]  # no tensor
    captured = capture(module, (rule.crop, rule.crop))
    missing = [one for one in absent if one in captured.names.values()]
    if given and missing:
        raise WeightsError(f"{given.source} does not fit {name}: {missing[0]} is missing{_and_more(missing)}")
    _check_finite(captured, name if given is None else given.source)
    fits = built.categories is not None and len(built.categories) == captured.outputs
    return ModelSource(
        name,
        captured,
        rule,
        built.categories if fits else None,
        assumed=built.assumed,
        weights=weights or (OF_FILE if given else None),
        sha256=_state_hash(captured, absent=absent),
    )


def _check_finite(captured: Captured, source: str) -> None:
    """Raise WeightsError if a tensor that the program uses has a value that is not finite."""
    for key, name in captured.names.items():
        refuse_not_finite(captured.tensors[key], name=name, source=source)


def _of_file(weights: str | None, name: str, known: list[str] | None = None) -> _Given | None:
    file = _weights_file(weights, name, known)
    return None if file is None else _Given(read_state_dict(file), str(file))


def _weights_file(weights: str | None, name: str, known: list[str] | None = None) -> Path | None:
    if weights is None:
        return None
    file = Path(weights)
    if not file.suffix and not file.exists():
        names = f" {', '.join(known)} or" if known else ""
        raise WeightsError(f"unknown weights {weights!r} of {name}: use{names} a file's path")
    return file


def _loaded(built: _Built, given: _Given) -> tuple[nn.Module, list[str]]:
    """The module with the given tensors, and the names of its missing tensors."""
    wanted = built.module.state_dict()
    fitted = fit_names(given.tensors, wanted, source=given.source)
    outputs = _other_outputs(fitted.tensors, wanted) if built.rebuild else None
    module = built.rebuild(outputs) if built.rebuild and outputs else built.module
    wanted = module.state_dict()
    if fitted.extra:
        raise WeightsError(
            f"{given.source} has a tensor that the model has not: {fitted.extra[0]}{_and_more(fitted.extra)}"
        )
    kept = {name: tensor for name, tensor in fitted.tensors.items() if wanted[name].is_floating_point()}
    for name, tensor in kept.items():
        _check(name, sound_tensor(tensor, name=name, source=given.source), wanted[name], given.source)
    module.load_state_dict(kept, strict=False)
    floats = [name for name, tensor in wanted.items() if tensor.is_floating_point()]
    return module, [name for name in floats if name not in kept]


def _other_outputs(tensors: dict[str, Tensor], wanted: dict[str, Tensor]) -> int | None:
    """The outputs of a model that was fine-tuned on other classes: all that does not fit is that long."""
    unfit = {tensors[name].shape[:1] for name in tensors if tensors[name].shape != wanted[name].shape}
    return next(iter(unfit))[0] if len(unfit) == 1 and all(unfit) else None


def _check(name: str, tensor: Tensor, wanted: Tensor, source: str) -> None:
    if tensor.shape != wanted.shape:
        raise WeightsError(
            f"{source} does not fit the model: {name} is {tuple(tensor.shape)}, not {tuple(wanted.shape)}"
        )


def _and_more(names: list[str] | tuple[str, ...]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""


def _unknown(name: str, known: list[str]) -> str:
    return (
        f"unknown model {name!r}: use {INCEPTION}, a name of torchvision, timm:NAME, FILE.pt2 or "
        f"module:callable{did_you_mean(name, known)}"
    )
