"""The test of a graph: replaced channels, rankings, curves, areas and the verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from summit_graph.analysis.faithfulness import (
    ClassScores,
    Curve,
    Measured,
    mark,
    numbers_at,
    report_of,
    verdict,
)
from summit_graph.analysis.shares import area, interval, share_for
from summit_graph.errors import UnreadableImageError, UsageError
from summit_graph.faithfulness import tested
from summit_graph.faithfulness.node_curve import measure_nodes
from summit_graph.faithfulness.rankings import at_random, best, by_score, with_counts_of
from summit_graph.faithfulness.replacement import Replacement, layer_adder, mean_values, pixels_of
from summit_graph.images import Dataset, Skipped
from summit_graph.model.counted import CountedModel
from summit_graph.model.inputs import prepare_input
from tests.little_memory import little_memory
from tests.program_models import CifarResNet, count_module, randomized
from tests.test_relevance import pixels

SIZE = 8
RANKINGS = ["graph", "counts", "gradient x activation", "random, similar counts", "random"]


@pytest.fixture(scope="module")
def module() -> nn.Module:
    return randomized(CifarResNet(1, 4))


@pytest.fixture(scope="module")
def model(module: nn.Module) -> CountedModel:
    return count_module(module, size=SIZE)


def means_of(model: CountedModel, images: Tensor) -> dict[str, np.ndarray]:
    adder = layer_adder(model)
    adder.add(images.numpy())
    return adder.read().means()


def kept_in(model: CountedModel, **kept: list[int]) -> dict[str, np.ndarray]:
    """Masks of all layers: only the named layers lose channels, all but those that are given."""
    masks = {layer.name: np.ones(layer.channels, bool) for layer in model.layers}
    for name, channels in kept.items():
        masks[name.replace("_", ".")] = np.isin(np.arange(len(masks[name.replace("_", ".")])), channels)
    return masks


# Replacement


def test_without_replacement_the_logits_are_the_model_s(model: CountedModel, module: nn.Module) -> None:
    """Also in two steps, below and above the first layer."""
    shown = pixels(3, SIZE)
    replacement = Replacement(model, means_of(model, pixels(4, SIZE, seed=2)))
    first = replacement.first_values(shown.numpy())
    with torch.no_grad():
        expected = module(prepare_input(shown, model.input))
    torch.testing.assert_close(replacement.logits(first), expected)
    torch.testing.assert_close(replacement.logits(first, kept_in(model)), expected)


def test_replaced_channels_have_their_means(model: CountedModel, module: nn.Module) -> None:
    """As when hooks of the module replace the blocks' outputs; each image may keep other channels."""
    shown, others = pixels(2, SIZE), pixels(4, SIZE, seed=2)
    replacement = Replacement(model, means_of(model, others))
    masks = kept_in(model, layer2_0=[1, 3])
    masks["layer3.0"] = np.random.default_rng(0).random((2, 16)) < 0.5
    found = replacement.logits(replacement.first_values(shown.numpy()), masks)
    means: dict[str, Tensor] = {}
    with torch.no_grad():
        for name in ("layer2.0", "layer3.0"):
            block = module.get_submodule(name)
            hook = block.register_forward_hook(
                lambda _, __, out, n=name: means.__setitem__(n, out.mean(0, keepdim=True))
            )
            module(prepare_input(others, model.input))
            hook.remove()

        def replace(name: str):
            kept = torch.from_numpy(np.atleast_2d(masks[name]))[:, :, None, None]
            return lambda _, __, out: torch.where(kept, out, means[name])

        hooks = [module.get_submodule(name).register_forward_hook(replace(name)) for name in means]
        expected = module(prepare_input(shown, model.input))
        for hook in hooks:
            hook.remove()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_replacing_everything_gives_one_answer_for_all_images(model: CountedModel) -> None:
    """Nothing of the image is left behind the last layer."""
    replacement = Replacement(model, means_of(model, pixels(4, SIZE, seed=2)))
    nothing = {layer.name: np.zeros(layer.channels, bool) for layer in model.layers}
    logits = replacement.logits(replacement.first_values(pixels(3, SIZE).numpy()), nothing)
    torch.testing.assert_close(logits, logits[:1].expand_as(logits))


def test_a_full_gpu_takes_fewer_images_at_a_time(
    model: CountedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log-odds are the same. Kind: memory, in all that the tests of a class compute."""
    shown, means = pixels(5, SIZE).numpy(), means_of(model, pixels(4, SIZE, seed=2))
    expected = tested.TestedImages(Replacement(model, means), shown, 1).log_odds(
        kept_in(model, layer2_0=[1, 3])
    )
    with little_memory(monkeypatch, images=2):
        on_full = tested.TestedImages(Replacement(model, means), shown, 1)
        found = on_full.log_odds(kept_in(model, layer2_0=[1, 3]))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


# Rankings


def test_a_share_is_at_least_one_channel() -> None:
    """0.1 % of 16 channels is one; 50 % of 5 is rounded."""
    assert numbers_at(0.1, {"a": 16, "b": 2000}) == {"a": 1, "b": 2}


def test_scores_rank_from_the_largest_and_ties_go_to_the_lower_index() -> None:
    """The best two of 1, 3, 3, 2."""
    order = by_score({"a": np.array([1.0, 3.0, 3.0, 2.0])})
    assert order["a"].tolist() == [1, 2, 3, 0]
    assert best(order, {"a": 2})["a"].tolist() == [False, True, True, False]


def test_random_orders_differ_between_images_and_repeat_with_a_seed() -> None:
    """Each is a permutation."""
    one, again = (at_random({"a": 20}, 5, seed)["a"] for seed in (1, 1))
    assert (one == again).all()
    assert (np.sort(one, axis=1) == np.arange(20)).all()
    assert len({tuple(row) for row in one.tolist()}) == 5


def test_channels_are_exchanged_within_groups_of_similar_counts() -> None:
    """Of 20 channels in ten groups, each is exchanged for itself or its neighbour by count."""
    counts = {"a": np.arange(20.0)}
    order = by_score(counts)
    exchanged = with_counts_of(order, counts, 50, seed=0)["a"]
    assert (exchanged // 2 == order["a"] // 2).all()
    assert (exchanged != order["a"]).any()


# Curves and the report


def test_the_area_under_a_line_is_half() -> None:
    """k from 0 to 100 %, as a share."""
    assert area([0, 10, 100], np.array([0.0, 0.1, 1.0])) == pytest.approx(0.5)


def test_the_share_for_a_value_is_interpolated() -> None:
    """A curve that rises from 0.6 at 10 % to 1 at 20 % reaches 0.8 at 15 %."""
    assert share_for([1, 10, 20], np.array([0.1, 0.6, 1.0])) == pytest.approx(15)
    assert share_for([1, 10], np.array([0.1, 0.2])) is None


def test_an_undefined_number_is_null() -> None:
    """The first value is that of all images."""
    assert interval(np.array([np.nan, 1.0])) is None
    assert interval(np.array([1.0, 0.0, 2.0]))[0] == 1


def scores(channels: int = 4) -> ClassScores:
    values = {"a": np.arange(channels, 0, -1.0)}
    return ClassScores(values, values, {"a": np.arange(channels) == 0})


def report(graph: Curve, random: Curve) -> dict:
    whole, nothing = np.full(6, 10.0), np.zeros(6)
    return report_of(
        Measured(
            whole,
            nothing,
            [50.0, 100.0],
            {"graph": Curve(*([np.stack([whole, whole])] * 2))},
            {"graph": graph, "random": random},
        ),
        scores(),
    )


def curve(kept: float, replaced: float) -> Curve:
    return Curve(np.full((1, 6), kept), np.full((1, 6), replaced))


def test_the_verdict_of_a_graph_that_matters() -> None:
    """It names what replacing costs, what chance costs, and what the graph carries alone."""
    found = report(curve(kept=3.0, replaced=2.0), curve(kept=0.0, replaced=9.0))
    assert found["sets"]["graph"]["necessity"][0] == pytest.approx(0.8)
    assert found["verdict"] == (
        "Replacing this channel (25.0 %) costs 80 % (80 to 80) of the log-odds, "
        "a random one of the same layer 10 % (10 to 10), on 6 images; the graph points at what matters. "
        "Kept alone it carries 30 %: the graph is a part of the class, no model of it."
    )


def test_the_verdict_of_several_channels() -> None:
    """In the plural, and a share that rounds to nothing has no sign."""
    found = report(curve(kept=9.0, replaced=2.0), curve(kept=0.0, replaced=10.01))
    assert verdict({**found, "channels": 2}) == (
        "Replacing these 2 channels (50.0 %) costs 80 % (80 to 80) of the log-odds, "
        "2 random ones of the same layers 0 % (0 to 0), on 6 images; the graph points at what matters. "
        "Kept alone they carry 90 %: they are nearly all that the class needs."
    )


def test_the_verdict_of_a_graph_at_chance() -> None:
    """It says so."""
    found = report(curve(kept=0.0, replaced=9.0), curve(kept=0.0, replaced=9.0))
    assert "not clearly better than chance" in found["verdict"]
    assert "carries nothing" in found["verdict"]


def test_the_verdict_of_what_speaks_against_a_class() -> None:
    """Replacing it raises the log-odds (kind: a verdict of the wrong direction)."""
    found = report(curve(kept=0.0, replaced=12.0), curve(kept=0.0, replaced=9.0))
    assert verdict(found, against=True) == (
        "Replacing this channel (25.0 %) adds 20 % (20 to 20) of the log-odds, "
        "a random one of the same layer -10 % (-10 to -10), on 6 images; "
        "the graph points at what speaks against the class."
    )
    assert mark(found) == "This channel takes off 20 % (20 to 20)"


def test_the_verdict_names_predicted_outputs() -> None:
    """A class that the model does not know has no output of its own."""
    found = report(curve(kept=0.0, replaced=9.0), curve(kept=0.0, replaced=9.0))
    assert "of the log-odds of each image's predicted output" in verdict({**found, "target": "predicted"})


def test_images_that_do_not_show_the_class_give_no_number() -> None:
    """Where replacing everything raises the log-odds, shares are undefined."""
    low = Measured(np.zeros(3), np.ones(3), [100.0], {}, {"graph": curve3(), "random": curve3()})
    found = report_of(low, scores())
    assert found["sets"]["graph"]["necessity"] is None
    assert "cannot be tested" in found["verdict"]


def curve3() -> Curve:
    return Curve(np.zeros((1, 3)), np.zeros((1, 3)))


class OneChannel(nn.Module):
    """Output 0 is the mean of channel 2 of the last layer alone."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.conv = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)
        self.conv.bias.data += 2  # no channel is silent
        self.fc = nn.Linear(4, 2, bias=False)
        self.fc.weight.data = torch.tensor([[0.0, 0, 5, 0], [0, 0, 0, 0]])

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(self.stem(x).relu()).relu().mean((2, 3)))


def test_the_channel_that_the_output_reads_is_necessary_and_sufficient_in_its_layer() -> None:
    """Kept alone in its layer it carries everything; the others carry nothing."""
    torch.manual_seed(1)
    model = count_module(OneChannel().eval(), size=SIZE)
    means = {name: np.zeros_like(one) for name, one in means_of(model, pixels(2, SIZE)).items()}
    last, first = model.layers[-1].name, model.layers[0].name
    replacement = Replacement(model, means)
    values = replacement.first_values(pixels(2, SIZE).numpy())
    whole = replacement.logits(values)
    alone = replacement.logits(values, {first: np.ones(4, bool), last: np.arange(4) == 2})
    without = replacement.logits(values, {first: np.ones(4, bool), last: np.arange(4) != 2})
    torch.testing.assert_close(alone, whole)
    assert (without == 0).all()
    assert (whole[:, 0] > 0).any()


def test_all_rankings_meet_where_everything_is_kept(model: CountedModel) -> None:
    """The curves have a point for each share, and the last ones are all and nothing."""
    random = np.random.default_rng(0)
    values = {layer.name: random.random(layer.channels) for layer in model.layers}
    selected = best(by_score(values), dict.fromkeys(values, 2))
    found = measure_nodes(
        model,
        means_of(model, pixels(4, SIZE, seed=2)),
        pixels(3, SIZE).numpy(),
        ClassScores(values, values, selected),
        output=1,
        shares=[10.0, 50.0, 100.0],
    )
    assert list(found.curves) == RANKINGS
    for one in found.curves.values():
        assert one.kept.shape == one.replaced.shape == (3, 3)
        assert (one.kept[-1] == found.whole).all()
        assert (one.replaced[-1] == found.nothing).all()
    assert (found.curves["graph"].kept == found.curves["counts"].kept).all()


@pytest.mark.parametrize(("images", "said"), [(0, "no readable"), (1, "one readable")])
def test_a_class_of_fewer_than_two_images_is_refused(
    model: CountedModel, tmp_path: Path, images: int, said: str
) -> None:
    """An interval needs two that decode; the line names the class."""
    files = [f"{at}.png" for at in range(3)]
    for at, file in enumerate(files):
        (tmp_path / file).write_bytes(b"damaged")
        if at < images:
            Image.new("RGB", (20, 20)).save(tmp_path / file)
    dataset = Dataset(tmp_path, {"bee": files})
    skipped: list[Skipped] = []
    with pytest.raises(UsageError, match=f"'bee' has {said} image"):
        pixels_of(model, dataset, "bee", skipped=skipped)
    assert [one.file for one in skipped] == files[images:]
    with pytest.raises(UnreadableImageError, match="--skip-bad"):
        pixels_of(model, dataset, "bee")


def test_means_of_no_readable_image_are_refused(model: CountedModel, tmp_path: Path) -> None:
    """Where all files of the other classes are skipped."""
    (tmp_path / "0.png").write_bytes(b"damaged")
    with pytest.raises(UsageError, match="no readable image of another class"):
        mean_values(model, Dataset(tmp_path, {"ant": ["0.png"]}), ["ant"], skipped=[])
