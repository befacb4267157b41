"""Checkpoints in common forms: recognized by content, and loaded or refused with a one-line error."""

from __future__ import annotations

import argparse
import datetime
import gzip
import json
import os
import pathlib
import tarfile
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from summit_graph.errors import WeightsError
from summit_graph.model.checkpoints import read_checkpoint
from summit_graph.model.state_dicts import fit_names, read_state_dict
from summit_graph.model.weights import hash_tensors
from tests.small_model import caffe_tensors, torchvision_tensors

TINY = {"conv.weight": torch.arange(4.0).reshape(2, 2)}


def identity(file: Path) -> str:
    return hash_tensors(read_checkpoint(file)[1])


def complaint(file: Path) -> str:
    """The one-line error for a refused file, without torch's message."""
    with pytest.raises(WeightsError) as caught:
        read_checkpoint(file)
    text = str(caught.value)
    assert str(file) in text
    assert not any(one in text for one in ("\n", "\x1b", "weights_only", "add_safe_globals"))
    return text


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("plain") / "plain.safetensors"
    save_file(torchvision_tensors(), file)
    return identity(file)


@pytest.mark.parametrize(
    "wrap",
    [
        *(
            lambda tensors, key=key: {"epoch": 3, "best": torch.tensor(0.5), key: tensors}
            for key in ("state_dict", "model", "model_state_dict", "model_state", "net", "ema", "googlenet")
        ),
        lambda tensors: {"model_ema": {**tensors, "fc.bias": tensors["fc.bias"] + 1}, "model": tensors},
        lambda tensors: {
            "model": {"state_dict": tensors},
            "optimizer": {"state": {0: {"m": TINY["conv.weight"]}}},
        },
        lambda tensors: {
            name: torch.nn.Parameter(one, one.is_floating_point()) for name, one in tensors.items()
        },
        lambda tensors: (
            {f"criterion.{name}": one for name, one in TINY.items()}
            | {f"model.{name}": one for name, one in tensors.items()}
        ),
        lambda tensors: {name: one for name, one in tensors.items() if "num_batches" not in name},
        lambda tensors: tensors | {"n_averaged": torch.tensor(7)},
        lambda tensors: tensors | {"aux1.fc1.weight": TINY["conv.weight"]},
    ],
)
def test_a_nested_state_dict_is_found(
    tmp_path: Path, plain: str, wrap: Callable[[dict[str, Tensor]], dict[str, Any]]
) -> None:
    """Kind: different containers. In dictionaries, as parameters, or with other tensors: the same model."""
    torch.save(wrap(torchvision_tensors()), tmp_path / "wrapped.pth")
    assert identity(tmp_path / "wrapped.pth") == plain


@pytest.mark.parametrize(
    "prefix",
    [
        "module.",
        "_orig_mod.",
        "model.",
        "backbone.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "model.net.module.",
    ],
)
def test_prefixes_of_wrapping_modules_are_removed(tmp_path: Path, plain: str, prefix: str) -> None:
    """Kind: different containers. Prefixes may be in any order, or only on some tensors."""
    tensors = torchvision_tensors()
    torch.save({prefix + name: one for name, one in tensors.items()}, tmp_path / "all.pth")
    inside = {name.replace("inception4a.", "inception4a._orig_mod."): one for name, one in tensors.items()}
    torch.save(inside, tmp_path / "inside.pth")
    assert identity(tmp_path / "all.pth") == identity(tmp_path / "inside.pth") == plain


def test_a_prefix_that_is_part_of_the_name_is_kept() -> None:
    """Kind: too much is removed. A model may have a part named ``model``."""
    found = fit_names(
        {"model.weight": torch.ones(1), "weight": torch.zeros(1)}, {"model.weight", "weight"}, source="x"
    )
    assert found.tensors == {"model.weight": torch.ones(1), "weight": torch.zeros(1)}


def test_two_models_in_one_file_are_not_mixed(tmp_path: Path) -> None:
    """Kind: an arbitrary choice. For a student and its teacher, the error names both."""
    tensors = torchvision_tensors()
    both = {f"model.{name}": one for name, one in tensors.items()}
    torch.save(both | {f"backbone.{name}": one for name, one in tensors.items()}, tmp_path / "two.pth")
    assert "twice" in complaint(tmp_path / "two.pth")


@pytest.mark.parametrize(
    "name", ["last.ckpt", "checkpoint.pth.tar", "pytorch_model.bin", "resnet.th", "noending"]
)
@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_is_recognized_by_its_content(tmp_path: Path, plain: str, name: str, legacy: bool) -> None:
    """Kind: identity by a file's extension."""
    torch.save(torchvision_tensors(), tmp_path / name, _use_new_zipfile_serialization=not legacy)
    assert identity(tmp_path / name) == plain
    save_file(torchvision_tensors(), tmp_path / name)
    assert identity(tmp_path / name) == plain


@pytest.mark.parametrize("first", [0x78, 0x80, 0x08])
def test_the_length_of_a_header_is_not_a_signature(tmp_path: Path, first: int) -> None:
    """Kind: identity by the first byte. A safetensors file may start like another format."""
    for padding in range(256):
        data = save(TINY, {"padding": "x" * padding})
        if data[0] == first:
            (tmp_path / "x").write_bytes(data)
            assert read_state_dict(tmp_path / "x").keys() == TINY.keys()
            return
    raise AssertionError("no header of this length")


def test_other_objects_of_training_scripts_are_ignored(tmp_path: Path, plain: str) -> None:
    """Kind: harmless objects next to the tensors, as in files of torchvision's reference script."""
    beside = {
        "args": argparse.Namespace(
            lr=np.float64(0.1), out=pathlib.PurePosixPath("runs"), device=torch.device("cpu")
        ),
        "config": types.SimpleNamespace(when=datetime.datetime(2026, 1, 2), took=datetime.timedelta(hours=1)),
        "best": np.float32(0.7),
        "losses": np.arange(5.0),
        "output_dir": pathlib.Path("runs"),
    }
    torch.save({"model": torchvision_tensors(), "epoch": 3} | beside, tmp_path / "model_3.pth")
    assert identity(tmp_path / "model_3.pth") == plain


class _Runs:
    """Would create a file if it were unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.file),)


class _Own:
    """An object of a user's script."""


@pytest.mark.parametrize("legacy", [False, True])
def test_other_objects_are_refused_and_not_created(tmp_path: Path, legacy: bool) -> None:
    """Kind: code in data. The error names the object and explains how to save the weights."""
    beside = {"own": _Own(), "whole": torch.nn.Linear(2, 2), "code": _Runs(tmp_path / "made")}
    for name, one in beside.items():
        file = tmp_path / f"{name}.pth"
        torch.save(
            {"state_dict": torchvision_tensors(), "x": one}, file, _use_new_zipfile_serialization=not legacy
        )
        assert "torch.save(model.state_dict(), FILE)" in complaint(file)
    assert "test_state_dicts._Own" in complaint(tmp_path / "own.pth")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({0: torch.ones(2), 1: torch.ones(2)}, "under numbers"),
        ({"state_dict": {0: torch.ones(2)}}, "under numbers"),
        ([torch.ones(2)], "holds a list"),
        (torch.ones(2), "holds a Tensor"),
        ({"epoch": 3, "lr": 0.1}, "'epoch', 'lr'"),
        ({}, "nothing"),
    ],
)
def test_other_content_than_a_state_dict_is_refused(tmp_path: Path, content: object, what: str) -> None:
    """Kind: content with another structure."""
    torch.save(content, tmp_path / "x.pth")
    assert what in complaint(tmp_path / "x.pth")


def test_a_recursive_dictionary_is_refused(tmp_path: Path) -> None:
    """Kind: content with another structure. The dictionary contains itself."""
    content: dict[str, Any] = {"epoch": 1}
    content["model"] = content
    torch.save(content, tmp_path / "x.pth")
    assert "no state dict" in complaint(tmp_path / "x.pth")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda one: one.to("meta"), "on the meta device"),
        (lambda one: one.to_sparse(), "sparse"),
        (lambda one: one[:0], "a width of 0"),
        (lambda one: one[:1, :1, :1, :1].expand(10**6, 10**6, 1, 1), "repeats one number"),
        (lambda one: (one * 100).to(torch.int8), "int8"),
        (lambda one: torch.quantize_per_tensor(one, 0.1, 0, torch.qint8), "qint8"),
        (lambda one: one.to(torch.complex64), "complex64"),
        (lambda one: one * torch.inf, "not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_tensor_without_usable_numbers_is_named(
    tmp_path: Path, change: Callable[[Tensor], Tensor], what: str
) -> None:
    """Kind: a tensor without usable numbers. A one-line error, without allocating the tensor."""
    tensors = torchvision_tensors()
    name = "inception4c.branch2.1.conv.weight"
    torch.save(tensors | {name: change(tensors[name])}, tmp_path / "x.pth")
    said = complaint(tmp_path / "x.pth")
    assert name in said
    assert what in said


def test_infinity_that_folding_hides_is_found(tmp_path: Path) -> None:
    """Kind: a tensor without usable numbers. An infinite variance would fold to weights of 0."""
    tensors = torchvision_tensors()
    tensors["inception3a.branch1.bn.running_var"][0] = torch.inf
    torch.save(tensors, tmp_path / "x.pth")
    assert "inception3a.branch1.bn.running_var that is not finite" in complaint(tmp_path / "x.pth")


def test_a_dropout_before_the_classifier_is_accepted(tmp_path: Path, plain: str) -> None:
    """Kind: common replacements of the last layer. ``fc = Sequential(Dropout(), Linear())``."""
    renamed = {name.replace("fc.", "fc.1."): one for name, one in torchvision_tensors().items()}
    torch.save(renamed, tmp_path / "x.pth")
    assert identity(tmp_path / "x.pth") == plain


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"fc.3.weight": torch.ones(2, 2), "fc.3.bias": torch.ones(2)}, "several layers (fc, fc.3)"),
        ({"fc.0.running_mean": torch.ones(2)}, "'fc.0.running_mean'"),
        ({"inception3a.attention.weight": torch.ones(2, 2)}, "'inception3a.attention.weight'"),
    ],
)
def test_an_additional_layer_is_refused(tmp_path: Path, more: dict[str, Tensor], what: str) -> None:
    """Kind: a part of the model that is ignored silently."""
    torch.save(torchvision_tensors() | more, tmp_path / "x.pth")
    assert what in complaint(tmp_path / "x.pth")


def onnx_file(file: Path, tensors: dict[str, Any], *, constants: bool = False) -> Path:
    """Caffe's tensors with ONNX names, as initializers or in Constant nodes."""
    protos = [
        onnx.numpy_helper.from_array(one, name.replace(".weight", "_w_0").replace(".bias", "_b_0"))
        for name, one in tensors.items()
    ]
    nodes = [onnx.helper.make_node("Constant", [], [one.name], value=one) for one in protos if constants]
    graph = onnx.helper.make_graph(nodes, "net", [], [], [] if constants else protos)
    onnx.save(onnx.helper.make_model(graph), file)
    return file


def test_onnx_may_have_tensors_in_constants(tmp_path: Path) -> None:
    """Kind: different containers. Constant nodes are read, text is ignored."""
    arrays = {name: one.numpy() for name, one in caffe_tensors().items()}
    first = onnx_file(tmp_path / "a.onnx", arrays | {"labels": np.array(["cat", "dog"], object)})
    assert identity(first) == identity(onnx_file(tmp_path / "b.onnx", arrays, constants=True))


def test_onnx_may_be_in_bfloat16(tmp_path: Path) -> None:
    """Kind: a type that NumPy does not have."""
    import ml_dtypes

    rounded = {name: one.bfloat16() for name, one in caffe_tensors().items()}
    arrays = {name: one.float().numpy().astype(ml_dtypes.bfloat16) for name, one in rounded.items()}
    torch.save(rounded, tmp_path / "b.pth")
    assert identity(onnx_file(tmp_path / "b.onnx", arrays)) == identity(tmp_path / "b.pth")


def test_quantized_onnx_is_refused(tmp_path: Path) -> None:
    """Kind: another model with nearly the same names."""
    arrays = {
        f"{name}_quantized": (one * 100).to(torch.int8).numpy() for name, one in caffe_tensors().items()
    }
    assert "weights in int8" in complaint(onnx_file(tmp_path / "q.onnx", arrays))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:57\nsize 3\n", "Git LFS pointer"),
        (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "web page (HTML)"),
        (b'{"weight_map": {}}', "JSON text"),
        (gzip.compress(b"x" * 99, mtime=0), "gzip"),
        (b"\x89HDF\r\n\x1a\n" + b"x" * 99, "HDF5"),
        (b"", "is empty"),
        (b"\x80\x04N.", "state dict"),
        (b"PK\x03\x04" + b"x" * 99, "damaged or incomplete"),
        (b"just a text", "damaged or of another format"),
        (b"\x08just a text", "cannot be read as ONNX"),
    ],
)
@pytest.mark.parametrize("ending", ["pth", "onnx", "safetensors"])
def test_the_error_names_the_format_of_other_files(
    tmp_path: Path, content: bytes, what: str, ending: str
) -> None:
    """Kind: a file that is not what its name suggests; the extension does not matter."""
    file = tmp_path / f"weights.{ending}"
    file.write_bytes(content)
    assert what in complaint(file)


def test_the_error_names_the_format_of_other_archives(tmp_path: Path) -> None:
    """Kind: one container for many formats. TorchScript, exported programs, tars, NumPy archives."""
    module = torch.nn.Linear(2, 2)
    torch.jit.script(module).save(str(tmp_path / "script.pt"))
    torch.export.save(torch.export.export(module, (torch.ones(1, 2),)), tmp_path / "program.pt2")
    np.savez(tmp_path / "arrays.npz", a=np.ones(2))
    with tarfile.open(tmp_path / "w.tar", "w") as tar:
        tar.add(tmp_path / "arrays.npz", "a")
    expected = {
        "script.pt": "TorchScript",
        "program.pt2": "torch.export",
        "arrays.npz": "zip",
        "w.tar": "tar",
    }
    for name, what in expected.items():
        assert what in complaint(tmp_path / name)


def test_a_truncated_file_is_damaged(tmp_path: Path) -> None:
    """Kind: an interrupted copy, for every format."""
    torch.save(torchvision_tensors(), tmp_path / "a.pth")
    torch.save(torchvision_tensors(), tmp_path / "b.pth", _use_new_zipfile_serialization=False)
    save_file(torchvision_tensors(), tmp_path / "c.safetensors")
    onnx_file(tmp_path / "d.onnx", {name: one.numpy() for name, one in caffe_tensors().items()})
    for file in list(tmp_path.iterdir()):
        file.write_bytes(file.read_bytes()[:-1000])
        assert complaint(file)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """Kind: a path that is not a file."""
    assert "is a folder" in complaint(tmp_path)


def test_names_from_a_file_cannot_write_to_a_terminal(tmp_path: Path) -> None:
    """Kind: text from a file on the terminal."""
    torch.save(torchvision_tensors() | {"inception3a.\x1b[2Jx": torch.ones(1)}, tmp_path / "x.pth")
    assert "\\x1b[2Jx" in complaint(tmp_path / "x.pth")


def test_the_index_of_an_archive_is_not_trusted(tmp_path: Path) -> None:
    """Kind: content with another structure. An archive has the names of a state dict, but not its content."""
    with zipfile.ZipFile(tmp_path / "x.pth", "w") as archive:
        archive.writestr("x/data.pkl", json.dumps({}))
    assert "state dict" in complaint(tmp_path / "x.pth")
