"""A tiny model of images and text: the mean colour of an image, and the colours of words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

WORDS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "dark": (0, 0, 0)}


def write_model(file: Path, nodes, inputs, outputs, constants=()) -> None:
    graph = helper.make_graph(list(nodes), "encoder", inputs, outputs, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)


def write_image_encoder(file: Path, *, output: str = "image_embeds", keep: int = 0) -> None:
    """The mean red, green and blue, as the words' embeddings; with ``keep`` 1 the maps keep their rank."""
    write_model(
        file,
        [helper.make_node("ReduceMean", ["pixel_values"], [output], axes=[2, 3], keepdims=keep)],
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, "height", "width"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
    )


def write_text_encoder(file: Path, *, mask: str = "attention_mask") -> None:
    """The sum of the tokens' colours, where the mask is 1."""
    colours = np.array(list(WORDS.values()), np.float32) - 0.4  # dark is opposite to all
    write_model(
        file,
        [
            helper.make_node("Gather", ["colours", "input_ids"], ["each"]),
            helper.make_node("Cast", [mask], ["float"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["float", "last"], ["weights"]),
            helper.make_node("Mul", ["each", "weights"], ["weighted"]),
            helper.make_node("ReduceSum", ["weighted", "first"], ["text_embeds"], keepdims=0),
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens"])
            for name in ("input_ids", mask)
        ],
        [helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ["n", 3])],
        [
            helper.make_tensor("colours", TensorProto.FLOAT, colours.shape, colours.ravel()),
            helper.make_tensor("last", TensorProto.INT64, [1], [-1]),
            helper.make_tensor("first", TensorProto.INT64, [1], [1]),
        ],
    )


def write_encoders(folder: Path) -> Path:
    """Both encoders and a tokenizer in a folder; images are shrunk to 8 pixels and not otherwise changed."""
    write_image_encoder(folder / "onnx/vision_model.onnx")
    write_text_encoder(folder / "onnx/text_model.onnx")
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="dark"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    rule = {"size": {"shortest_edge": 8}, "image_mean": [0.4] * 3, "image_std": [1] * 3, "resample": 2}
    (folder / "preprocessor_config.json").write_text(json.dumps(rule))
    return folder
