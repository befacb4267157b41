"""The planted world: its images, its bundled networks, and what each channel responds to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from scripts import make_world
from scripts.planted_truths import Question, area_with_interval
from summit_graph.images import read_dataset, read_pixels
from summit_graph.images.input_rule import IMAGENET_INPUT
from summit_graph.model.counted import CountedModel
from summit_graph.planted import bundle, networks
from summit_graph.planted.classes import CLASSES, NAMES, WAVES, PlantedClass, draw_image
from summit_graph.planted.painting import SIZE
from summit_graph.planted.truths import NO_PART, channel_parts
from tests.program_models import count_module

BUNDLED = ("inception", "resnet")


@pytest.mark.parametrize("planted", CLASSES, ids=lambda one: one.name)
def test_an_image_without_a_part_differs_by_the_part_alone(planted: PlantedClass) -> None:
    """Kind: a truth that depends on something else. Each part is painted in its own pixels."""
    whole = draw_image(planted, 5, waves=planted.confounded).astype(int)
    drawn = {
        part: draw_image(planted, 5, without=[part], waves=planted.confounded).astype(int)
        for part in planted.parts
    }
    changed = {part: (one != whole).any(-1) for part, one in drawn.items()}
    own, shared = changed[planted.own], changed[planted.shared]
    assert not (own & shared).any()
    for part in (own, shared):
        assert 20 < part.sum() < SIZE * SIZE / 4
    if planted.confounded:
        assert changed[WAVES].mean() > 0.5


def test_images_are_the_same_on_every_run_and_differ_by_number_and_seed() -> None:
    """They depend on class, number and seed alone."""
    first, *others = [draw_image(CLASSES[0], number, seed=seed) for number, seed in ((1, 0), (2, 0), (1, 1))]
    np.testing.assert_array_equal(first, draw_image(CLASSES[0], 1))
    assert all((one != first).any() for one in others)


def test_every_class_has_bundled_images() -> None:
    """Twenty each, of the size that the networks take."""
    dataset = read_dataset(bundle.image_folder())
    assert {name: len(files) for name, files in dataset.classes.items()} == dict.fromkeys(NAMES, 20)
    assert bundle.label_file().read_text("utf-8").splitlines() == list(NAMES)
    rule = replace(IMAGENET_INPUT, resize=SIZE, crop=SIZE)
    for file in bundle.image_folder().rglob("*.webp"):
        assert read_pixels(file, rule=rule).shape == (SIZE, SIZE, 3)


def test_the_bundle_is_small() -> None:
    """Both networks together are below 8 MB, as the whole folder is."""
    assert sum(file.stat().st_size for file in bundle.world_folder().rglob("*")) < 8e6


@pytest.mark.parametrize("name", BUNDLED)
def test_the_report_on_a_bundled_network_is_true(name: str) -> None:
    """New images are classified as it says; others with waves, as the class that goes with them."""
    report = json.loads((bundle.world_folder() / "report.json").read_text("utf-8"))[name]
    module = getattr(networks, name)()
    state = load_file(bundle.weights_file(name))
    module.load_state_dict({key: one.float() for key, one in state.items()})
    found = make_world.tested(module.eval(), torch.device("cpu"), images=40)
    assert found["accuracy"] == pytest.approx(report["accuracy"], abs=0.03)
    assert report["accuracy"] > 0.95
    lured = "others_called_confounded_with_waves"
    assert found[lured] == pytest.approx(report[lured], abs=0.1)
    assert report[lured] > 0.5


def test_a_network_is_trained_and_written(tmp_path: Path) -> None:
    """With a few steps: weights that the model takes, and a report beside that of another network."""
    (tmp_path / "report.json").write_text('{"other": {}}')
    make_world.write_network("inception", tmp_path, steps=2, device=torch.device("cpu"), images=2)
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report) == ["inception", "other"]
    assert report["inception"]["steps"] == 2
    state = load_file(tmp_path / "inception.safetensors")
    assert {str(one.dtype) for one in state.values() if one.is_floating_point()} == {"torch.float16"}


class Colours(nn.Module):
    """Channels that are active where an image is red, where it is blue, and nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.fc = nn.Linear(3, len(CLASSES))
        with torch.no_grad():
            self.conv.weight[:] = torch.tensor([[1.0, -1, -1], [-1, -1, 1], [0, 0, 0]])[:, :, None, None]
            self.conv.bias[:] = 0

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(torch.relu(self.conv(x)).mean((2, 3)))


@pytest.fixture(scope="module")
def colours() -> CountedModel:
    return count_module(Colours(), size=SIZE)


def test_a_channel_is_of_the_part_without_which_it_is_less_active(colours: CountedModel) -> None:
    """Of red balls, of blue balls, and of no part."""
    assert channel_parts(colours, images=12) == {"conv": ["red", "blue", NO_PART]}


def test_area_by_hand() -> None:
    """In the first layer the right channel wins against one of two, in the second against the only other."""
    scores = {"one": np.array([0.5, 0.7, 0.1, 0.9, 0.2])}
    right = np.array([True, False, False, True, False])
    found = area_with_interval([Question(scores, right)], "one", [range(3), range(3, 5)])
    assert found is not None
    area, low, high = found
    assert area == pytest.approx(2 / 3)
    assert 0 <= low <= area <= high <= 1
