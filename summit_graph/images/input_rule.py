"""The input rule: how a decoded image becomes the input of a model's first layer (SPEC 2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class InputRule:
    """How the input of a model is prepared. Networks and count folders with different rules never mix.

    Attributes:
        colors: the order of the three input channels.
        maximum: the largest pixel value before the mean is subtracted: 1 or 255.
        mean, std: per input channel; the input is (value - mean) / std.
        transform_input: for torchvision's GoogLeNet, whether it replaces this standardization by one with
            mean and std 0.5; None for other models. Weights files do not record it.
        resize, crop: the short side after resizing, and the side of the central square, in pixels.
        interpolation: how the image is resized.
        squash: whether both sides become ``resize`` pixels, so that the aspect ratio is lost.
    """

    colors: Literal["RGB", "BGR"]
    maximum: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    transform_input: bool | None = None
    resize: int = 256
    crop: int = 224
    interpolation: str = "bilinear"
    squash: bool = False

    def __str__(self) -> str:
        """The rule as one line of text for messages."""
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (self.mean, self.std))
        squash = " to a square" if self.squash else ""
        size = f"resize {self.resize} {self.interpolation}{squash}, crop {self.crop}"
        text = f"{size}, {self.colors} 0 to {self.maximum:g}, mean {mean}, std {std}"
        transform = {None: "", True: ", transform_input", False: ", no transform_input"}
        return text + transform[self.transform_input]

    def to_json(self) -> dict[str, Any]:
        """The JSON form in a manifest."""
        rule = {name: value for name, value in asdict(self).items() if value is not None}
        if not self.squash:  # as files of versions before it, whose keys stay the same
            del rule["squash"]
        return rule

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> InputRule:
        """The inverse of ``to_json``."""
        return cls(**{**value, "mean": tuple(value["mean"]), "std": tuple(value["std"])})


def rule_text(rule: InputRule | None) -> str | None:
    """JSON text, as on a Network node; None without a rule."""
    return json.dumps(rule.to_json()) if rule else None


def parse_rule(text: str | None) -> InputRule | None:
    """The inverse of ``rule_text``."""
    return InputRule.from_json(json.loads(text)) if text else None


#: Caffe models: blue, green, red, each minus its mean.
CAFFE_INPUT = InputRule("BGR", 255.0, (104.0, 117.0, 123.0), (1.0, 1.0, 1.0))
#: Inception5h: red, green, blue, each minus 117.
INCEPTION5H_INPUT = InputRule("RGB", 255.0, (117.0, 117.0, 117.0), (1.0, 1.0, 1.0))
#: Mean and standard deviation of ImageNet, per channel in RGB.
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Of most models trained on ImageNet.
IMAGENET_INPUT = InputRule("RGB", 1.0, IMAGENET_MEAN, IMAGENET_STD)
#: torchvision's pretrained GoogLeNet; its weights were ported from another framework.
TORCHVISION_INPUT = InputRule("RGB", 1.0, IMAGENET_MEAN, IMAGENET_STD, transform_input=True)


def model_key(weights_sha256: str, rule: InputRule | None) -> str:
    """The identity of a model: the hash of its weights and, if they do not determine it, its input rule.

    For the default rules, and for None (files of versions that did not record the rule, and used a default
    rule), the key is only the hash of the weights.
    """
    if rule in (None, CAFFE_INPUT, TORCHVISION_INPUT):
        return weights_sha256
    text = json.dumps(rule.to_json(), sort_keys=True)
    return f"{weights_sha256}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
