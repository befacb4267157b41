"""Counting from Python: a module in memory and images as arrays, without a word on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import summit_graph
from summit_graph.cli import main
from summit_graph.counts.folder import CountFolder
from summit_graph.errors import ModelError, UsageError

NAMES = ("ant", "bee")
INPUT = summit_graph.InputOptions(resize=32, crop=32)


def small_classifier() -> nn.Module:
    """Two convolutions and two outputs, the same weights at every call."""
    torch.manual_seed(0)
    convolutions = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.ReLU()]
    return nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 2))


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {name: random.integers(0, 256, (5, 40, 40, 3), np.uint8) for name in NAMES}


def test_python_counts_what_the_command_counts(
    arrays: dict[str, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The same from arrays, files, pictures and a folder; Python prints nothing, and reports progress."""
    files: dict[str, list[Path]] = {}
    for name, of_class in arrays.items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        files[name] = [tmp_path / "photos" / name / f"{at}.png" for at in range(len(of_class))]
        for file, pixels in zip(files[name], of_class, strict=True):
            Image.fromarray(pixels).save(file)
    model, seen = small_classifier(), []
    forms: list[Any] = [arrays, files, {name: map(Image.fromarray, one) for name, one in arrays.items()}]
    found = [
        summit_graph.count(
            model, images, labels=NAMES, input=INPUT, on_progress=lambda *numbers: seen.append(numbers)
        )
        for images in forms
    ]
    assert capfd.readouterr() == ("", "")
    assert seen[-1] == (10, 10, 0)
    (tmp_path / "own.py").write_text("from tests.test_library import small_classifier")
    words = ["--model", f"{tmp_path / 'own.py'}:small_classifier", "--resize", "32", "--crop", "32"]
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    words += ["--labels", str(tmp_path / "names.txt"), "--processes", "1"]
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["aggregate", str(tmp_path / "photos"), "--out", str(tmp_path / "counts"), *words])
    by_command = CountFolder(tmp_path / "counts")
    for counts in found:
        assert counts.manifest.weights_sha256 == by_command.manifest.weights_sha256
        for name in NAMES:
            assert counts.read_class(name) == by_command.read_class(name)


def test_the_module_stays_as_it_is(arrays: dict[str, np.ndarray]) -> None:
    """Counting is done on a copy in eval mode (kind: a library that changes what it is given)."""
    model = small_classifier().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    counts = summit_graph.count(model, arrays, labels=NAMES, input=INPUT)
    assert all(one.training for one in model.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not any(one._forward_hooks for one in model.modules())
    folder = counts.path
    del counts
    assert not folder.exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"images": {"ant": [np.zeros((3, 8, 8), np.float32)]}}, "uint8 array of"),
        ({"labels": ["ant"]}, "1 labels, but Sequential has 2 outputs"),
        ({"model": nn.Linear(3, 2)}, "cannot capture this model"),
    ],
)
def test_wrong_input_is_an_error_in_one_line(
    given: dict, message: str, arrays: dict[str, np.ndarray]
) -> None:
    """No error of another library reaches the caller."""
    options = {"model": small_classifier(), "images": arrays, "labels": NAMES} | given
    with pytest.raises((UsageError, ModelError), match=message):
        summit_graph.count(options.pop("model"), options.pop("images"), input=INPUT, **options)
