"""InceptionV1 weights by name or from a file, with their identity (SPEC 2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pooch
import requests
from filelock import FileLock
from torch import Tensor

from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.defaults import DEFAULT_WEIGHTS, NAMED_WEIGHTS
from summit_graph.errors import UsageError, WeightsError, first_line
from summit_graph.images.input_rule import (
    CAFFE_INPUT,
    INCEPTION5H_INPUT,
    TORCHVISION_INPUT,
    InputRule,
    model_key,
)
from summit_graph.model.checkpoints import (
    CLASSIFIER,
    Family,
    caffe_block,
    canonical_tensors,
    check_tensors,
    read_checkpoint,
)
from summit_graph.records import Layer
from summit_graph.settings import Home
from summit_graph.system.own_folders import make_private_folder
from summit_graph.system.request_errors import describe_request_error

#: The canonical hash of weights whose name is known even when they come from a file.
KNOWN_WEIGHTS = {"acf378d86d636ffac3080af4f1f7b05f8161773b012c462ec95d9fa2facde580": "bvlc"}
INPUTS: Mapping[Family, InputRule] = {
    "caffe": CAFFE_INPUT,
    "torchvision": TORCHVISION_INPUT,
    "inception5h": INCEPTION5H_INPUT,
}
_IN_ZOO = "validated/vision/classification/inception_and_googlenet/googlenet/model/googlenet-7.onnx"
_CONVERTED = "ProGamerGov/pytorch-old-tensorflow-models"


@dataclass(frozen=True)
class Download:
    """Weights that are downloaded by name.

    Attributes:
        title: for messages.
        family: what they are of.
        file: name of the downloaded file.
        urls: tried in this order.
        sha256: of the file; None where it is not known: then the file is verified by the names and shapes of
            its tensors.
    """

    title: str
    family: Family
    file: str
    urls: tuple[str, ...]
    sha256: str | None


DOWNLOADS = {
    "bvlc": Download(
        "BVLC",
        "caffe",
        "googlenet-7.onnx",
        (
            f"https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/{_IN_ZOO}",
            f"https://github.com/onnx/models/raw/main/{_IN_ZOO}",
        ),
        "5725ccfd90845735ce5897faf7843c3f9b13acda3c4f3bff82cb21c9337c9de8",
    ),
    "inception5h": Download(
        "Inception5h",
        "inception5h",
        "inception5h.pth",
        (f"https://github.com/{_CONVERTED}/raw/master/inception5h.pth",),
        None,
    ),
}

#: The assumption about a file of a torchvision GoogLeNet or Inception v3.
ASSUMED_TRANSFORM = (
    "transform_input is assumed, which no weights file records: right for a model fine-tuned from "
    "torchvision's weights; one trained from scratch (weights=None) needs --no-transform-input "
    "(--transform-input confirms)"
)

_UNEXPECTED = "what came is not the expected file"

NEEDS_TRANSFORM = "torchvision's own weights need transform_input: leave --no-transform-input out"

#: Called with the bytes received so far and the total (0 where it is unknown).
OnDownload = Callable[[int, int], None]


@dataclass(frozen=True)
class Weights:
    """Weights of an InceptionV1, from any file format.

    Attributes:
        name: ``bvlc``, ``torchvision``, ``inception5h`` or a file's stem.
        family: decides padding, normalization, kernels and pools (``checkpoints.STRUCTURES``).
        tensors: canonical name -> CPU float32 tensor; convolutions (outputs, inputs, k, k).
        sha256: the weights' identity, the same from every file format.
        layers: the mixed layers with the widths of their branches.
        outputs: number of the classifier's outputs.
        input: how images become the model's input.
        assumed: a sentence on an assumption about the input that no file records, or None.
    """

    name: str
    family: Family
    tensors: Mapping[str, Tensor]
    sha256: str
    layers: tuple[Layer, ...]
    outputs: int
    input: InputRule
    assumed: str | None = None

    @property
    def model_key(self) -> str:
        """Identity of the model: weights and input rule."""
        return model_key(self.sha256, self.input)

    @classmethod
    def of(cls, name: str, family: Family, tensors: Mapping[str, Tensor]) -> Weights:
        """Weights from canonical tensors; known weights keep their name."""
        sha256 = hash_tensors(tensors)
        return cls(
            name=KNOWN_WEIGHTS.get(sha256, name),
            family=family,
            tensors=tensors,
            sha256=sha256,
            layers=tuple(_layer(tensors, layer) for layer in LAYER_NAMES),
            outputs=tensors[f"{CLASSIFIER}.weight"].shape[0],
            input=INPUTS[family],
        )

    def with_transform_input(self, transform_input: bool) -> Weights:
        """The same weights with another ``transform_input``.

        Raises:
            UsageError: they are not of torchvision's GoogLeNet.
        """
        if self.family != "torchvision":
            raise UsageError(
                f"{self.name} is not a torchvision GoogLeNet, so it takes no transform_input: "
                "leave the option out"
            )
        return replace(self, input=replace(self.input, transform_input=transform_input))


def read_weights(
    source: str | Path = DEFAULT_WEIGHTS,
    *,
    transform_input: bool | None = None,
    on_progress: OnDownload | None = None,
) -> Weights:
    """Read weights by name (downloaded once) or from a file.

    Args:
        source: a name or a file.
        transform_input: whether a torchvision GoogLeNet was trained with ``transform_input``. No file records
            it; None assumes it, as for a model fine-tuned from the pretrained weights.
        on_progress: called while weights are downloaded.

    Raises:
        UsageError: ``transform_input`` is given for other weights, or contradicts torchvision's own.
        WeightsError: no such name or file, another architecture, a damaged file, a value that is not finite,
            or a download that failed everywhere.
    """
    if source == "torchvision":
        if transform_input is False:
            raise UsageError(NEEDS_TRANSFORM)
        return _torchvision_weights()
    weights = _read_named(str(source), on_progress) if source in DOWNLOADS else _read_file(Path(source))
    if transform_input is not None:
        return weights.with_transform_input(transform_input)
    return replace(weights, assumed=ASSUMED_TRANSFORM) if weights.family == "torchvision" else weights


def _read_named(name: str, on_progress: OnDownload | None) -> Weights:
    family, tensors = read_checkpoint(fetch_weights(name, on_progress=on_progress))
    return Weights.of(name, family, tensors)


def _read_file(file: Path) -> Weights:
    if not file.suffix and not file.exists():
        raise WeightsError(f"unknown weights {str(file)!r}: use {', '.join(NAMED_WEIGHTS)} or a file's path")
    family, tensors = read_checkpoint(file)
    name = Path(file.name.removesuffix(".tar")).stem  # model.pth.tar is no tar
    return Weights.of(name, family, tensors)


def hash_tensors(tensors: Mapping[str, Tensor]) -> str:
    """The SHA-256 over the tensors sorted by name: name, dimensions, little-endian float32 data."""
    digest = hashlib.sha256()
    for name in sorted(tensors, key=str.encode):
        shape = "x".join(map(str, tensors[name].shape))
        digest.update(f"{name}\n{shape}\n".encode())
        digest.update(tensors[name].numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def fetch_weights(
    name: str, *, urls: tuple[str, ...] | None = None, on_progress: OnDownload | None = None
) -> Path:
    """The file of weights by their name, downloaded if missing from the first address that provides it.

    Args:
        name: a key of ``DOWNLOADS``.
        urls: addresses to try instead of the known ones.

    Raises:
        WeightsError: no address gave the right file.
    """
    download = DOWNLOADS[name]
    folder = make_private_folder(Home().weights)
    failures = []
    with FileLock(folder / f"{download.file}.lock"):
        for url in urls or download.urls:
            try:
                return _fetch(download, url, folder, on_progress)
            except (OSError, ValueError) as error:
                failures.append(f"{url.split('/')[2]}: {_reason(error)}")
    raise WeightsError(
        f"the {download.title} weights could not be downloaded ({'; '.join(failures)}): "
        "connect to the network, or name a file that has them with --weights FILE"
    )


def _fetch(download: Download, url: str, folder: Path, on_progress: OnDownload | None) -> Path:
    pooch.get_logger().setLevel("ERROR")
    progress = _Progress(on_progress) if on_progress else None
    downloader = pooch.HTTPDownloader(progressbar=progress)
    known_hash = f"sha256:{download.sha256}" if download.sha256 else None
    if known_hash is None:
        _remove_others(folder / download.file, download.family)
    file = Path(pooch.retrieve(url, known_hash, fname=download.file, path=folder, downloader=downloader))
    if known_hash is None and _remove_others(file, download.family):
        raise ValueError(_UNEXPECTED)
    return file


def _remove_others(file: Path, family: Family) -> bool:
    """Remove a file that does not hold complete weights of this family; whether it did not."""
    try:
        wrong = read_checkpoint(file)[0] != family
    except WeightsError:
        wrong = True
    if wrong:
        file.unlink(missing_ok=True)
    return wrong


class _Progress:
    """The progress-bar interface that pooch expects, as a call per chunk."""

    def __init__(self, on_progress: OnDownload) -> None:
        self.on_progress = on_progress
        self.total = 0
        self.received = 0

    def update(self, received: int) -> None:
        self.received += received
        self.on_progress(self.received, self.total)

    def reset(self) -> None:
        self.received = 0

    def close(self) -> None:
        self.on_progress(self.received, self.total)


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError) and "hash" in str(error):
        return _UNEXPECTED
    if isinstance(error, requests.RequestException):
        return describe_request_error(error)
    return first_line(error)


def torchvision_state(entry: Any) -> dict[str, Tensor]:
    """The state dict of an entry of torchvision's weights, downloaded once and checked by its hash.

    Raises:
        WeightsError: it could not be downloaded.
    """
    folder = make_private_folder(Home().weights)
    try:
        with FileLock(folder / "torchvision.lock"):
            state: dict[str, Tensor] = entry.get_state_dict(
                model_dir=str(folder), check_hash=True, progress=False, weights_only=True
            )
    except (URLError, OSError, RuntimeError) as error:
        raise WeightsError(
            f"torchvision's weights could not be downloaded ({_reason(error)}): "
            "connect to the network, or name a file that has them with --weights FILE"
        ) from None
    return state


def _torchvision_weights() -> Weights:
    from torchvision.models import GoogLeNet_Weights

    raw = torchvision_state(GoogLeNet_Weights.IMAGENET1K_V1)
    family, tensors = canonical_tensors(raw, source="torchvision's GoogLeNet")
    check_tensors(tensors, family, source="torchvision's GoogLeNet")
    return Weights.of("torchvision", family, tensors)


def _layer(tensors: Mapping[str, Tensor], name: str) -> Layer:
    one, three, five, pool = (
        tensors[f"{caffe_block(name)}/{branch}.weight"].shape[0]
        for branch in ("1x1", "3x3", "5x5", "pool_proj")
    )
    widths = (one, three, five, pool)
    return Layer(name, sum(widths), widths, position=LAYER_NAMES.index(name))
