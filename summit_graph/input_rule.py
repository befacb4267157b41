"""The input rule: what happens between a decoded image and a model's first layer (SPEC 2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class InputRule:
    """How a model's input is made; networks and count folders with other rules never mix.

    Attributes:
        resize, crop: the image's short side after resizing, and the square cut from its middle, in pixels.
        interpolation: how it is resized.
        colors: the order of the three input channels.
        maximum: the value of a full color, before the mean is subtracted: 1 or 255.
        mean, std: per input channel: (value - mean) / std.
        transform_input: for torchvision's GoogLeNet, whether it replaces this standardization by one with
            mean and std 0.5; None for other models. No weights file records it.
    """

    colors: Literal["RGB", "BGR"]
    maximum: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    transform_input: bool | None = None
    resize: int = 256
    crop: int = 224
    interpolation: str = "bilinear"

    def __str__(self) -> str:
        """One line for people."""
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (self.mean, self.std))
        size = f"resize {self.resize} {self.interpolation}, crop {self.crop}"
        text = f"{size}, {self.colors} 0 to {self.maximum:g}, mean {mean}, std {std}"
        transform = {None: "", True: ", transform_input", False: ", no transform_input"}
        return text + transform[self.transform_input]

    def to_json(self) -> dict[str, Any]:
        """The form in a manifest and on the Network node."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> InputRule:
        """The inverse of ``to_json``."""
        return cls(**{**value, "mean": tuple(value["mean"]), "std": tuple(value["std"])})


def show_rule(rule: InputRule | None) -> str | None:
    """The text on a Network node."""
    return json.dumps(rule.to_json()) if rule else None


def read_rule(text: str | None) -> InputRule | None:
    """The inverse of ``show_rule``."""
    return InputRule.from_json(json.loads(text)) if text else None


#: Caffe's: blue, green, red minus their means.
CAFFE_INPUT = InputRule("BGR", 255.0, (104.0, 117.0, 123.0), (1.0, 1.0, 1.0))
#: ImageNet's mean and deviation …
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: … as torchvision's pretrained GoogLeNet takes them; its weights were ported from another framework.
TORCHVISION_INPUT = InputRule("RGB", 1.0, IMAGENET_MEAN, IMAGENET_STD, transform_input=True)


def model_key(weights_sha256: str, rule: InputRule | None) -> str:
    """What identifies a model: its weights and, where they do not determine it, its input rule.

    Without a rule in it (None: written before the rule was recorded), and with the rule that such a file then
    meant, the key is the weights' hash alone.
    """
    if rule in (None, CAFFE_INPUT, TORCHVISION_INPUT):
        return weights_sha256
    text = json.dumps(rule.to_json(), sort_keys=True)
    return f"{weights_sha256}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
