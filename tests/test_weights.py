"""Weights: formats, identity, recognition, download."""

import hashlib
import http.server
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file

from summit_graph.errors import WeightsError
from summit_graph.model import weights as weights_module
from summit_graph.model.checkpoints import canonical_tensors, read_checkpoint
from summit_graph.model.weights import DOWNLOADS, Weights, fetch_weights, hash_tensors, read_weights
from summit_graph.records import Layer
from tests.plain_inception5h import Inception5h
from tests.small_model import (
    caffe_tensors,
    inception5h_tensors,
    small_weights,
    torchvision_tensors,
    write_small_weights,
)


def write_onnx(file: Path, tensors: dict) -> Path:
    """Caffe's tensors as in ONNX conversions: other names, extra leading dimensions, integers."""
    initializers = [onnx.numpy_helper.from_array(np.array([0, -1], np.int64), "OC2_DUMMY_1")]
    for name, tensor in tensors.items():
        layer, kind = name.rsplit(".", 1)
        array = tensor.numpy()
        if layer == "loss3/classifier" or kind == "bias":
            array = array[None, None]
        initializers.append(onnx.numpy_helper.from_array(array, f"{layer}_{kind[0]}_0"))
    graph = onnx.helper.make_graph([], "net", [], [], initializers)
    onnx.save(onnx.helper.make_model(graph), file)
    return file


def test_hash_is_over_sorted_names_shapes_and_data():
    """Two tensors hashed by hand, passed in the opposite order."""
    tensors = {"b.bias": torch.tensor([1.0, 2.0]), "a.weight": torch.tensor([[3.0], [4.0]])}
    text = b"a.weight\n2x1\n" + np.array([3, 4], "<f4").tobytes()
    text += b"b.bias\n2\n" + np.array([1, 2], "<f4").tobytes()
    assert hash_tensors(tensors) == hashlib.sha256(text).hexdigest()


def test_onnx_and_safetensors_of_the_same_weights_are_one_model(tmp_path):
    """Names, leading dimensions of 1 and integer initializers do not matter."""
    from_safetensors = read_weights(write_small_weights(tmp_path / "a.safetensors"))
    from_onnx = read_weights(write_onnx(tmp_path / "b.onnx", caffe_tensors()))
    assert from_onnx.sha256 == from_safetensors.sha256
    assert (from_onnx.name, from_safetensors.name) == ("b", "a")


@pytest.mark.parametrize("name", ["model.pth.tar", "model.ckpt", "model"])
def test_weights_are_named_after_their_file(tmp_path, name):
    """Without any extension."""
    torch.save(torchvision_tensors(), tmp_path / name)
    assert read_weights(tmp_path / name).name == "model"


def test_auxiliary_heads_are_ignored(tmp_path):
    """A checkpoint with Caffe's loss1 and loss2 is the same model without them."""
    save_file(caffe_tensors() | {"loss1/conv.weight": torch.ones(2, 2, 1, 1)}, tmp_path / "x.safetensors")
    assert read_weights(tmp_path / "x.safetensors").sha256 == small_weights().sha256


def test_pth_and_safetensors_of_torchvision_are_one_model(tmp_path):
    """The state dict may be nested and prefixed as in files of training scripts."""
    raw = torchvision_tensors()
    save_file(raw, tmp_path / "t.safetensors")
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in raw.items()}}, tmp_path / "t.pth")
    plain, wrapped = read_weights(tmp_path / "t.safetensors"), read_weights(tmp_path / "t.pth")
    assert plain.sha256 == wrapped.sha256
    assert (plain.family, plain.outputs) == ("torchvision", 10)


def test_batch_norm_is_folded_in_float64():
    """w·g/sqrt(v+0.001) and b - m·g/sqrt(v+0.001), rounded once at the end."""
    raw = torchvision_tensors()
    _, tensors = canonical_tensors(raw, source="test")
    module = "inception4c.branch3.1"
    gamma, beta, mean, variance, weight = (
        raw[f"{module}.{name}"].numpy().astype(np.float64)
        for name in ("bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "conv.weight")
    )
    scale = gamma / np.sqrt(variance + 0.001)
    expected = (weight * scale[:, None, None, None]).astype(np.float32)
    assert np.array_equal(tensors["inception_4c/5x5.weight"].numpy(), expected)
    bias = (beta - mean * scale).astype(np.float32)
    assert np.array_equal(tensors["inception_4c/5x5.bias"].numpy(), bias)


def test_widths_are_read_from_the_shapes():
    """Branch widths in the order of their concatenation."""
    assert small_weights().layers[4] == Layer("mixed4c", 19, (5, 6, 4, 4), position=4)


def test_known_weights_have_their_name(monkeypatch):
    """Weights with a known hash have the known name, independent of the file's name."""
    monkeypatch.setitem(weights_module.KNOWN_WEIGHTS, small_weights().sha256, "bvlc")
    assert Weights.of("my copy", "caffe", caffe_tensors()).name == "bvlc"


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("inception_4a/3x3.weight", lambda tensor: tensor * torch.nan, "not finite"),
        ("loss3/classifier.bias", lambda tensor: tensor / 0, "not finite"),
        ("inception_4a/3x3.weight", lambda tensor: tensor[:, :2], "is not an InceptionV1"),
        ("inception_3a/5x5.weight", lambda tensor: tensor[:, :, 1:4, 1:4], "is not an InceptionV1"),
        ("loss3/classifier.weight", lambda tensor: tensor[:, :3], "is not an InceptionV1"),
        ("inception_5b/1x1.bias", None, r"inception_5b/1x1\.bias is missing"),
        ("conv1/7x7_s2.weight", None, "is not an InceptionV1"),
    ],
)
def test_other_architectures_and_damaged_values_are_refused(tmp_path, name, change, complaint):
    """The error is one sentence that names the file and the problem."""
    tensors = caffe_tensors()
    tensor = tensors.pop(name)
    if change:
        tensors[name] = change(tensor).contiguous()
    file = tmp_path / "other.safetensors"
    save_file(tensors, file)
    with pytest.raises(WeightsError, match=complaint) as caught:
        read_weights(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("tensors", "name"),
    [
        (caffe_tensors, "inception_4a/3x3.weight"),
        (caffe_tensors, "loss3/classifier.bias"),
        (torchvision_tensors, "fc.weight"),
    ],
)
def test_a_single_number_is_refused(tmp_path, tensors, name):
    """A tensor without dimensions is a WeightsError."""
    save_file(tensors() | {name: torch.tensor(1.0)}, tmp_path / "single.safetensors")
    with pytest.raises(WeightsError, match="single number"):
        read_weights(tmp_path / "single.safetensors")


@pytest.mark.parametrize("part", ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"])
@pytest.mark.parametrize("width", [(1,), (99,), ()])
def test_a_batch_norm_of_another_width_is_refused(tmp_path, part, width):
    """Also one of width 1, which could be broadcast to all channels, and a single number."""
    save_file(
        torchvision_tensors() | {f"inception4c.branch3.1.{part}": torch.ones(width)},
        tmp_path / "norm.safetensors",
    )
    with pytest.raises(WeightsError, match=r"norm\.safetensors .* batch norm of another width"):
        read_weights(tmp_path / "norm.safetensors")


@pytest.mark.parametrize("suffix", [".safetensors", ".onnx", ".pth", ".bin"])
def test_a_file_of_garbage_is_refused(tmp_path, suffix):
    """For any suffix, the error is a one-line WeightsError."""
    file = tmp_path / f"garbage{suffix}"
    file.write_bytes(b"this is no checkpoint" * 50)
    with pytest.raises(WeightsError, match="garbage") as caught:
        read_checkpoint(file)
    assert "\n" not in str(caught.value)


def test_a_pickled_model_is_refused_without_running_it(tmp_path):
    """Only tensors are unpickled: code in a .pth file never runs."""
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pth")
    with pytest.raises(WeightsError, match="state dict"):
        read_weights(tmp_path / "model.pth")


@pytest.mark.parametrize("source", ["resnet", "missing.safetensors"])
def test_unknown_names_and_missing_files_are_named(source):
    """The message contains the given name."""
    with pytest.raises(WeightsError, match=source):
        read_weights(source)


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A web server with a correct file and two wrong ones, as returned by the model zoo's URLs before."""
    served = tmp_path / "served"
    served.mkdir()
    good = write_onnx(served / "good.onnx", caffe_tensors())
    (served / "pointer.onnx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:5725\n")
    sha256 = hashlib.sha256(good.read_bytes()).hexdigest()
    monkeypatch.setitem(DOWNLOADS, "bvlc", replace(DOWNLOADS["bvlc"], sha256=sha256))
    torch.save(inception5h_tensors(), served / "inception5h.pth")
    torch.save(caffe_tensors(), served / "caffe.pth")
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(served))

        def log_message(self, *args):
            """Suppress the server's log."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", served
        server.shutdown()


def test_after_a_pointer_or_a_missing_file_the_next_url_is_used(zoo):
    """The first file with the correct hash is used and stored."""
    address, served = zoo
    urls = tuple(f"{address}/{name}.onnx" for name in ("pointer", "missing", "good"))
    seen = []
    file = fetch_weights(
        "bvlc", urls=urls, on_progress=lambda received, total: seen.append((received, total))
    )
    assert file.read_bytes() == (served / "good.onnx").read_bytes()
    assert seen[-1][0] == seen[-1][1] == file.stat().st_size
    assert fetch_weights("bvlc", urls=(f"{address}/missing.onnx",)) == file


def test_a_damaged_download_is_fetched_again(zoo):
    """A stored file with another hash is ignored."""
    address, served = zoo
    file = fetch_weights("bvlc", urls=(f"{address}/good.onnx",))
    file.write_bytes(b"half a file")
    again = fetch_weights("bvlc", urls=(f"{address}/good.onnx",))
    assert again.read_bytes() == (served / "good.onnx").read_bytes()


def test_if_all_urls_fail_the_error_names_the_weights_option(zoo):
    """The error is one line with every host's reason and --weights FILE."""
    address, _ = zoo
    with pytest.raises(WeightsError, match="--weights FILE") as caught:
        fetch_weights("bvlc", urls=(f"{address}/pointer.onnx", "http://127.0.0.1:9/x.onnx"))
    assert "not the expected file" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "no connection to http://127.0.0.1:9/x.onnx" in str(caught.value)
    assert "HTTPConnectionPool" not in str(caught.value)


def test_inception5h_is_downloaded_by_name(zoo, monkeypatch):
    """Without a known hash, names and shapes decide: pointers and weights of another family are not kept."""
    address, _ = zoo
    urls = tuple(f"{address}/{name}" for name in ("pointer.onnx", "caffe.pth", "inception5h.pth"))
    monkeypatch.setitem(DOWNLOADS, "inception5h", replace(DOWNLOADS["inception5h"], urls=urls))
    weights = read_weights("inception5h")
    assert (weights.name, weights.family) == ("inception5h", "inception5h")
    assert weights.sha256 == small_weights("inception5h").sha256
    offline = fetch_weights("inception5h", urls=(f"{address}/missing.pth",))
    assert offline.name == "inception5h.pth"


def test_a_stored_file_without_a_known_hash_is_verified(zoo):
    """A damaged one is downloaded again; if that fails, the error names the host and --weights FILE."""
    address, served = zoo
    file = fetch_weights("inception5h", urls=(f"{address}/inception5h.pth",))
    file.write_bytes(file.read_bytes()[:999])
    with pytest.raises(WeightsError, match=r"Inception5h weights .*not the expected file.*--weights FILE"):
        fetch_weights("inception5h", urls=(f"{address}/caffe.pth",))
    again = fetch_weights("inception5h", urls=(f"{address}/inception5h.pth",))
    assert again.read_bytes() == (served / "inception5h.pth").read_bytes()


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("mixed4a_3x3_pre_relu_conv.weight", None, r"mixed4a_3x3_pre_relu_conv\.weight is missing"),
        ("mixed4a_3x3_pre_relu_conv.weight", lambda one: one[:, :2], r"inception_4a/3x3\.weight is \(6, 2,"),
        ("mixed6a_1x1_pre_relu_conv.weight", lambda _: torch.ones(2, 2, 1, 1), "mixed6a_1x1"),
        ("conv2d0_pre_relu_conv.weight", lambda one: one / 0, "not finite"),
    ],
)
def test_a_damaged_inception5h_is_refused(tmp_path, name, change, complaint):
    """A tensor that is missing, of another shape, additional or not finite is named."""
    tensors = inception5h_tensors()
    tensor = tensors.pop(name, torch.zeros(1))
    if change:
        tensors[name] = change(tensor)
    torch.save(tensors, tmp_path / "damaged.pth")
    with pytest.raises(WeightsError, match=complaint):
        read_weights(tmp_path / "damaged.pth")


def test_inception5h_has_its_own_input_rule(tmp_path):
    """A file, also a wrapped one with the heads used in training: RGB from 0 to 255, minus 117."""
    tensors = Inception5h().state_dict() | {"head0_bottleneck_pre_relu_conv.weight": torch.ones(1, 1, 1, 1)}
    torch.save({"state_dict": {f"module.{name}": one for name, one in tensors.items()}}, tmp_path / "own.pth")
    weights = read_weights(tmp_path / "own.pth")
    assert str(weights.input) == "resize 256 bilinear, crop 224, RGB 0 to 255, mean 117 117 117, std 1 1 1"
    assert weights.name == "own"
