"""The input rule, which weights files do not record: options, warnings, and no mixing of different rules."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import GoogLeNet
from torchvision.transforms.functional import normalize

from summit_graph.cli import main
from summit_graph.counts.add_up import merge_count_folders
from summit_graph.counts.folder import CountFolder
from summit_graph.counts.manifest import Manifest
from summit_graph.counts.writer import write_count_folder
from summit_graph.errors import CountFilesError, SummitGraphError, UsageError
from summit_graph.images.input_rule import (
    CAFFE_INPUT,
    IMAGENET_INPUT,
    IMAGENET_MEAN,
    IMAGENET_STD,
    TORCHVISION_INPUT,
    InputRule,
    model_key,
    parse_rule,
    rule_text,
)
from summit_graph.model.inception import Inception
from summit_graph.model.inputs import prepare_input
from summit_graph.model.program.running import ForwardPass
from summit_graph.model.weights import read_weights
from summit_graph.pictures.index import picture_folder
from summit_graph.records import Channel
from summit_graph.rendering.maps import ChannelMaps
from summit_graph.store.networks import Network, name_network
from tests.count_tables import manifest, random_class
from tests.small_model import (
    caffe_tensors,
    count_weights,
    small_pixels,
    torchvision_tensors,
    write_images,
    write_small_weights,
)

FROM_SCRATCH = replace(TORCHVISION_INPUT, transform_input=False)
SQUASHED = replace(IMAGENET_INPUT, squash=True)


@pytest.fixture
def torchvision_file(tmp_path: Path) -> Path:
    save_file(torchvision_tensors(), tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


@pytest.mark.parametrize("transform_input", [True, False])
def test_a_torchvision_googlenet_agrees_with_torchvision(tmp_path: Path, transform_input: bool) -> None:
    """Kind: an assumption that no file records. Both settings give torchvision's logits."""
    torch.manual_seed(3)
    model = GoogLeNet(num_classes=7, aux_logits=False, transform_input=transform_input, init_weights=True)
    torch.save(model.eval().state_dict(), tmp_path / "g.pth")
    pixels = torch.from_numpy(small_pixels(2))
    weights = read_weights(tmp_path / "g.pth", transform_input=transform_input)
    with torch.inference_mode():
        images = pixels.permute(0, 3, 1, 2) / 255
        expected = model(normalize(images, list(IMAGENET_MEAN), list(IMAGENET_STD)))
        logits = Inception(weights)(prepare_input(pixels, weights.input))
    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-4)


def test_pictures_and_counts_use_the_same_input_rule(torchvision_file: Path) -> None:
    """Kind: two copies of one rule. Rendering uses the model's maps."""
    weights = read_weights(torchvision_file, transform_input=False)
    pixels, model = torch.from_numpy(small_pixels(1)), count_weights(weights)
    mixed4a = model.maps[2].tensor
    with torch.inference_mode():
        excited, _ = ChannelMaps(model)(pixels.permute(0, 3, 1, 2) / 255, [Channel("mixed4a", 3)])
        wanted = ForwardPass(model.recipe, [mixed4a])(prepare_input(pixels, model.input))[mixed4a][:, 3]
    torch.testing.assert_close(excited.relu(), wanted, rtol=1e-3, atol=1e-4)


def test_transform_input_is_assumed_with_a_warning(torchvision_file: Path) -> None:
    """Kind: an assumption that no file records. The weights mark it as one until it is confirmed."""
    silent = read_weights(torchvision_file)
    assert silent.input == TORCHVISION_INPUT
    assert "--no-transform-input" in (silent.assumed or "")
    assert read_weights(torchvision_file, transform_input=True).assumed is None


def test_caffe_weights_do_not_accept_transform_input(tmp_path: Path) -> None:
    """Kind: an option without effect is refused."""
    file = write_small_weights(tmp_path / "caffe.safetensors")
    assert (read_weights(file).input, read_weights(file).assumed) == (CAFFE_INPUT, None)
    with pytest.raises(UsageError, match="transform_input"):
        read_weights(file, transform_input=False)


def test_torchvision_weights_do_not_accept_transform_input() -> None:
    """Kind: an option that contradicts known facts is refused, before anything is downloaded."""
    with pytest.raises(UsageError, match="no-transform-input"):
        read_weights("torchvision", transform_input=False)


def test_a_rule_is_read_as_it_was_written() -> None:
    """Also through JSON; it is shown in one line."""
    rules = (CAFFE_INPUT, FROM_SCRATCH, SQUASHED, None)
    assert tuple(parse_rule(rule_text(rule)) for rule in rules) == rules
    assert str(CAFFE_INPUT) == "resize 256 bilinear, crop 224, BGR 0 to 255, mean 104 117 123, std 1 1 1"
    assert str(FROM_SCRATCH).endswith("std 0.229 0.224 0.225, no transform_input")
    assert str(SQUASHED).startswith("resize 256 bilinear to a square, crop 224, RGB")


def test_squash_is_written_only_where_it_is_true() -> None:
    """Files of versions without it are of the same model; one with squashed images is another."""
    assert "squash" not in CAFFE_INPUT.to_json()
    assert model_key("ab" * 32, SQUASHED) != model_key("ab" * 32, replace(SQUASHED, squash=False))


def test_an_older_manifest_is_of_the_same_model() -> None:
    """Kind: older files. A manifest without a rule is read, and matches one with the rule of its weights."""
    written = replace(manifest(), input=TORCHVISION_INPUT)
    assert Manifest.from_json(written.to_json()).input == TORCHVISION_INPUT
    before = {key: value for key, value in written.to_json().items() if key != "input"}
    assert Manifest.from_json(before).input is None
    assert Manifest.from_json(before).model_key == written.model_key == written.weights_sha256


def test_models_differ_by_their_rule() -> None:
    """Kind: incomplete identity. The same weights with another input are another model."""
    keys = {model_key("ab" * 32, rule) for rule in (None, FROM_SCRATCH, replace(FROM_SCRATCH, crop=225))}
    assert len(keys) == 3
    assert len({picture_folder(key) for key in keys}) == 3


@pytest.mark.parametrize("rule", [FROM_SCRATCH, replace(TORCHVISION_INPUT, crop=112)])
def test_folders_of_other_rules_do_not_merge(tmp_path: Path, rule: InputRule) -> None:
    """Kind: a mixture of two models in one result."""
    for name, one in (("a", TORCHVISION_INPUT), ("b", rule)):
        write_count_folder(tmp_path / name, replace(manifest(), input=one), [random_class("bear", 1)])
    parts = [CountFolder(tmp_path / name) for name in "ab"]
    with pytest.raises(CountFilesError, match="input rules differ"):
        merge_count_folders(parts, tmp_path / "out")


def test_an_older_folder_merges_with_a_new_one(tmp_path: Path) -> None:
    """Kind: older files. The sum has the rule of the newer folder."""
    for name, one in (("a", None), ("b", TORCHVISION_INPUT)):
        write_count_folder(tmp_path / name, replace(manifest(), input=one), [random_class(name, 1)])
    parts = [CountFolder(tmp_path / name) for name in "ab"]
    assert merge_count_folders(parts, tmp_path / "out").input == TORCHVISION_INPUT


def test_a_network_has_one_rule() -> None:
    """Kind: a mixture of two models in one result. An older network accepts the rule of its weights."""
    counted = manifest()
    before = Network(
        "n", "tiny", counted.weights_sha256, "x", counted.parameters, "", 0, 0, widths=counted.widths
    )
    assert name_network([before], replace(counted, input=TORCHVISION_INPUT), None) == "n"
    assert name_network([before], replace(counted, input=FROM_SCRATCH), None) == "tiny-shapes"
    with pytest.raises(SummitGraphError, match="other input rules"):
        name_network([before], replace(counted, input=FROM_SCRATCH), "n")
    scratch = replace(before, input=FROM_SCRATCH)
    assert name_network([scratch], replace(counted, input=FROM_SCRATCH), "n") == "n"


def test_output_and_manifest_name_the_rule(
    torchvision_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kind: an assumption that no file records. The counts differ, and each folder records its rule."""
    photos = write_images(tmp_path / "photos", {"bee": 3})
    words = ["aggregate", str(photos), "--weights", str(torchvision_file), "--processes", "1"]
    for name, more in (("yes", []), ("no", ["--no-transform-input"])):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--out", str(tmp_path / name), *more])
        assert ended.value.code == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "std 0.229 0.224 0.225, transform_input." in said
    assert "std 0.229 0.224 0.225, no transform_input." in said
    assert said.count("Warning: transform_input is assumed") == 1
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("yes", "no")]
    assert [one["input"]["transform_input"] for one in manifests] == [True, False]
    assert manifests[0]["weights_sha256"] == manifests[1]["weights_sha256"]
    assert manifests[0]["files"]["hops.parquet"] != manifests[1]["files"]["hops.parquet"]


@pytest.mark.parametrize(("more", "said"), [([], 1), (["--match", "none"], 0)])
def test_names_of_1000_outputs_are_assumed_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: int
) -> None:
    """Kind: an assumption that no file records. 1000 outputs are assumed to be ImageNet's if names matter."""
    tensors = caffe_tensors()
    width = tensors["loss3/classifier.weight"].shape[1]
    wide = {"loss3/classifier.weight": torch.randn(1000, width), "loss3/classifier.bias": torch.randn(1000)}
    save_file(tensors | wide, tmp_path / "mine.safetensors")
    photos = write_images(tmp_path / "photos", {"bee": 1})
    words = ["aggregate", str(photos), "--weights", str(tmp_path / "mine.safetensors"), "--processes", "1"]
    with pytest.raises(SystemExit):
        main([*words, "--out", str(tmp_path / "out"), *more])
    assert " ".join(capsys.readouterr().err.split()).count("outputs of mine are ImageNet's classes") == said
