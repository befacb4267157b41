"""The user's own model of images and text: two ONNX encoders and a tokenizer in one folder.

The layout is that of common exports of CLIP and of models like it::

    vision_model.onnx          pixel values -> embeddings       } in the folder, or in its folder onnx
    text_model.onnx            token ids -> embeddings          }
    tokenizer.json             of the package tokenizers
    preprocessor_config.json   size, mean and deviation of images; CLIP's own if it is missing
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from summit_graph.errors import ModelError, SummitGraphError
from summit_graph.images.input_rule import InputRule
from summit_graph.images.pixels import read_pixels

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE = "vision_model.onnx", "text_model.onnx", "tokenizer.json"
PREPROCESSOR_FILE = "preprocessor_config.json"
#: How CLIP prepares images.
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CLIP_SIDE = 224
#: Pillow's numbers of interpolations, as in preprocessor_config.json.
INTERPOLATIONS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
#: Images and texts that are encoded together.
BATCH = 32
TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int32)": np.int32}

Item = TypeVar("Item")
Embeddings = npt.NDArray[np.float32]


class Encoders:
    """Encodes images and texts into one space; embeddings have length 1.

    Args:
        folder: as in the module's description.

    Raises:
        SummitGraphError: the packages of the extra ``clip`` are missing.
        ModelError: a file is missing, or is not such an encoder.
    """

    def __init__(self, folder: Path) -> None:
        self.images = _open_session(_find_file(folder, IMAGE_FILE))
        self.texts = _open_session(_find_file(folder, TEXT_FILE))
        self.tokenizer = _open_tokenizer(folder / TOKENIZER_FILE)
        self.rule = read_image_rule(folder / PREPROCESSOR_FILE)

    def encode_images(self, files: Sequence[Path], *, on_image: Callable[[Path], None]) -> Embeddings:
        """Embeddings of image files, float32 (images, dimensions).

        Args:
            on_image: called with each image after its batch.
        """
        found = []
        for batch in _batches(files):
            pixels = np.stack([read_pixels(file, rule=self.rule) for file in batch])  # (n, side, side, 3)
            standard = (pixels / 255 - self.rule.mean) / self.rule.std
            found.append(_run(self.images, {"pixel_values": standard.transpose(0, 3, 1, 2)}, "image_embeds"))
            for file in batch:
                on_image(file)
        return _unit(np.concatenate(found))

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Embeddings of texts, float32 (texts, dimensions)."""
        encodings = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda at: len(encodings[at].ids))
        found: dict[int, npt.NDArray[Any]] = {}
        for _, same_length in groupby(order, key=lambda at: len(encodings[at].ids)):
            for batch in _batches(list(same_length)):
                values = {
                    "input_ids": np.array([encodings[at].ids for at in batch]),
                    "attention_mask": np.array([encodings[at].attention_mask for at in batch]),
                }
                found |= zip(batch, _run(self.texts, values, "text_embeds"), strict=True)
        return _unit(np.stack([found[at] for at in range(len(texts))]))


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def read_image_rule(file: Path) -> InputRule:
    """How images are prepared, from preprocessor_config.json; CLIP's own way if the file is missing.

    Raises:
        ModelError: the file is damaged.
    """
    try:
        content = json.loads(file.read_text("utf-8")) if file.exists() else {}
        side = _side(content.get("size", CLIP_SIDE))
        crop = _side(content["crop_size"]) if content.get("crop_size") else side
        mean, std = content.get("image_mean", CLIP_MEAN), content.get("image_std", CLIP_STD)
        interpolation = INTERPOLATIONS[content.get("resample", 3)]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{file} is damaged ({error}): export the model again") from None
    return InputRule("RGB", 1.0, tuple(mean), tuple(std), resize=side, crop=crop, interpolation=interpolation)


def _side(size: int | dict[str, int]) -> int:
    """The side of a square; it is written as a number, as the shortest edge, or as height and width."""
    if isinstance(size, int):
        return size
    return size["shortest_edge"] if "shortest_edge" in size else size["height"]


def _find_file(folder: Path, name: str) -> Path:
    for file in (folder / name, folder / "onnx" / name):
        if file.is_file():
            return file
    raise ModelError(
        f"{folder} has no {name}: --clip takes a folder with {IMAGE_FILE}, {TEXT_FILE} and {TOKENIZER_FILE}"
    )


def _open_session(file: Path) -> InferenceSession:
    try:
        import onnxruntime
    except ImportError:
        raise missing_extra("onnxruntime") from None
    try:
        return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base below Exception
        raise ModelError(f"{file} is not a model that ONNX Runtime reads: {error}") from None


def _open_tokenizer(file: Path) -> Tokenizer:
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise missing_extra("tokenizers") from None
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # it raises Exception itself
        raise ModelError(f"{file} is missing or not a file of the package tokenizers: {error}") from None


def missing_extra(package: str) -> SummitGraphError:
    """The error for a missing package of the extra."""
    return SummitGraphError(f"--clip needs {package}: pip install 'summit-graph[clip]'")


def _run(
    encoder: InferenceSession, values: dict[str, npt.NDArray[Any]], embeddings: str
) -> npt.NDArray[np.float32]:
    """The embeddings of a batch.

    Args:
        values: by the names of inputs; the first one is for an encoder with a single input of any name.
        embeddings: the name of the output that is read; the first one of an encoder without it.
    """
    inputs = encoder.get_inputs()
    known = {inputs[0].name: next(iter(values.values()))} if len(inputs) == 1 else values
    unknown = [one.name for one in inputs if one.name not in known]
    if unknown:
        raise ModelError(f"an encoder has the input {unknown[0]}, which is not one of {', '.join(values)}")
    typed = {one.name: known[one.name].astype(TYPES.get(one.type, np.int64)) for one in inputs}
    outputs = [one.name for one in encoder.get_outputs()]
    chosen = embeddings if embeddings in outputs else outputs[0]
    return np.asarray(encoder.run([chosen], typed)[0], np.float32)


def _unit(embeddings: npt.NDArray[np.float32]) -> Embeddings:
    if embeddings.ndim != 2:
        raise ModelError(
            f"an encoder gives {embeddings.ndim - 1} dimensions per item instead of one embedding: "
            "export it with its projection"
        )
    return embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
