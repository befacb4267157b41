"""Faithfulness and feature visualizations on a GPU equal those on a CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from summit_graph.analysis.faithfulness import ClassScores
from summit_graph.faithfulness.completeness import measure_completeness
from summit_graph.faithfulness.edge_curve import EdgeTest
from summit_graph.faithfulness.node_curve import measure_nodes
from summit_graph.faithfulness.replacement import layer_adder
from summit_graph.model.counted import CountedModel
from summit_graph.pictures.index import read_index
from summit_graph.records import Channel, Measure, Parameters
from summit_graph.rendering.ascent import Ascent, render_channels
from summit_graph.rendering.maps import ChannelMaps
from summit_graph.rendering.render_folder import RenderFolder, Stored, render_missing
from tests.program_models import CifarResNet, count_module, randomized
from tests.small_model import small_counted, small_pixels
from tests.test_edges import edges_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")

DEVICES = ("cuda", "cpu")
SIZE = 32


@pytest.fixture(scope="module")
def model() -> CountedModel:
    return count_module(randomized(CifarResNet(2, 8)), size=SIZE)


def shown(images: int, *, seed: int = 0) -> np.ndarray:
    return small_pixels(images, seed=seed, side=SIZE)


def means_on(model: CountedModel, device: str) -> dict[str, np.ndarray]:
    adder = layer_adder(model, device=device)
    adder.add(shown(6, seed=1))
    return adder.read().means()


def test_means_are_equal(model: CountedModel) -> None:
    gpu, cpu = (means_on(model, device) for device in DEVICES)
    assert gpu.keys() == cpu.keys()
    for name, one in gpu.items():
        np.testing.assert_allclose(one, cpu[name], rtol=1e-3, atol=1e-4)


def test_node_curves_are_equal(model: CountedModel) -> None:
    """All rankings, those of random orders too."""
    random = np.random.default_rng(0)
    values = {layer.name: random.random(layer.channels) for layer in model.layers}
    selected = {name: one > 0.8 for name, one in values.items()}
    means = means_on(model, "cpu")
    gpu, cpu = (
        measure_nodes(
            model,
            means,
            shown(5),
            ClassScores(values, values, selected),
            output=1,
            shares=[10.0, 50.0, 100.0],
            device=device,
        )
        for device in DEVICES
    )
    for name, one in gpu.curves.items():
        np.testing.assert_allclose(one.kept, cpu.curves[name].kept, rtol=1e-2, atol=1e-3)
        np.testing.assert_allclose(one.replaced, cpu.curves[name].replaced, rtol=1e-2, atol=1e-3)


def test_log_odds_without_influences_are_equal(model: CountedModel) -> None:
    means, out = means_on(model, "cpu"), edges_of(model, 0.3)
    gpu, cpu = (EdgeTest(model, means, shown(4), output=1, device=one).without([out]) for one in DEVICES)
    np.testing.assert_allclose(gpu, cpu, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("measure", ["activation", "relevance"])
def test_completeness_is_equal(model: CountedModel, measure: Measure) -> None:
    edges, parameters = edges_of(model, 0.3), Parameters(measure=measure)
    gpu, cpu = (
        measure_completeness(model, shown(3), edges, parameters, output=1, device=device)
        for device in DEVICES
    )
    assert gpu.channels == cpu.channels
    np.testing.assert_allclose(gpu.through, cpu.through, rtol=1e-2, atol=1e-3)
    np.testing.assert_allclose(gpu.whole, cpu.whole, rtol=1e-2, atol=1e-3)


def test_a_few_steps_of_ascent_give_similar_pictures() -> None:
    """Rounding differs, so pictures are alike and not equal."""
    channels = [Channel("mixed3b", at) for at in (0, 7, 13)]
    gpu, cpu = (
        render_channels(ChannelMaps(small_counted(), device=device), channels, ascent=Ascent(40, 36, steps=4))
        for device in DEVICES
    )
    assert gpu.shape == cpu.shape
    assert np.abs(gpu.astype(int) - cpu.astype(int)).mean() < 10


def test_pictures_are_written(tmp_path: Path) -> None:
    """With diversity, by the function that the command calls."""
    channels = [Channel("mixed3b", 0), Channel("mixed3b", 7)]
    quick, small = Ascent(side=40, window=36, steps=12), Stored(side=24)
    folder = RenderFolder(tmp_path / "pictures", small_counted(), ascent=quick, stored=small)
    assert render_missing(folder, channels, diversity=True, device="cuda") > 0
    assert read_index(tmp_path / "pictures", weights_sha256=small_counted().sha256)
