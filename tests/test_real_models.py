"""Real weights of residual networks and of an EfficientNet: layers, and accuracy on real images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from summit_graph.aggregate.batches import Accuracy, BatchCounter
from summit_graph.images import Dataset, read_batch, read_dataset
from summit_graph.images.labels import imagenet_labels
from summit_graph.model.counted import CountedModel, counted_model
from summit_graph.model.program.layers import read_program
from summit_graph.model.sources import InputOptions, open_model
from summit_graph.records import Parameters

CIFAR = {"resnet20": (3, 10, 2431), "resnet56": (9, 28, 2488)}
RESIDUAL = "from tests.program_models import CifarResNet\n\ndef build():\n    return CifarResNet({blocks})\n"
EFFICIENT = """
from efficientnet_lite_pytorch import EfficientNet

def build():
    return EfficientNet.from_name("efficientnet-lite0")
"""


def read_model(code: Path, weights: Path, options: InputOptions | None = None) -> CountedModel:
    source = open_model(f"{code}:build", weights=str(weights), options=options)
    return counted_model(source, read_program(source.captured))


def measured(
    model: CountedModel, dataset: Dataset, outputs: Mapping[str, int | None], *, counts: bool
) -> Accuracy:
    """The accuracy over all images of these classes."""
    counter, total = BatchCounter(model, Parameters(), counts=counts), Accuracy()
    for name, output in outputs.items():
        files = [dataset.files(name, range(at, at + 1))[0] for at in range(len(dataset.classes[name]))]
        batch = read_batch(dataset.root, files, skip_bad=False, rule=model.input)
        total.add(counter.count(batch.pixels, output=output).accuracy)
    return total


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", CIFAR)
def test_a_residual_network_has_its_accuracy(name: str, tmp_path: Path, shared_data: Path) -> None:
    """On 3,000 images of CIFAR-10, with a tolerance of 2; the layers are the stem and the blocks."""
    blocks, layers, right = CIFAR[name]
    (tmp_path / "cifar.py").write_text(RESIDUAL.format(blocks=blocks))
    weights = shared_data / f"{name}-cifar10.th"
    model = read_model(tmp_path / "cifar.py", weights, InputOptions(resize=32, crop=32))
    assert len(model.layers) == layers
    dataset = read_dataset(shared_data / "cifar10-10x300.tar")
    outputs = {class_name: at for at, class_name in enumerate(sorted(dataset.classes))}
    found = measured(model, dataset, outputs, counts=False)
    assert found.images == 3000
    assert abs(found.top1 - right) <= 2


@pytest.mark.slow
@pytest.mark.shared
def test_an_efficientnet_of_another_package_has_its_accuracy(tmp_path: Path, shared_data: Path) -> None:
    """Top 1 on 77 and top 5 on 94 of every ninth of the 901 sample images, in the pass that counts."""
    pytest.importorskip("efficientnet_lite_pytorch")
    (tmp_path / "lite.py").write_text(EFFICIENT)
    model = read_model(tmp_path / "lite.py", shared_data / "efficientnet_lite0.pth")
    assert [layer.name for layer in model.layers[:4]] == [
        "_conv_stem",
        "_blocks.0",
        "_blocks.1._expand_conv",
        "_blocks.1",
    ]
    dataset = read_dataset(shared_data / "imagenet-samples")
    names = sorted(dataset.classes)[::9]
    outputs = {name: imagenet_labels().match_class(name).output for name in names}
    found = measured(model, dataset, outputs, counts=True)
    assert found.images == 101
    assert abs(found.top1 - 77) <= 1
    assert abs(found.top5 - 94) <= 1
