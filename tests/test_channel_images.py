"""Feature visualizations: the differentiable network, gradient ascent, the folder of pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from summit_graph.cli import main
from summit_graph.counts.inception import LAYER_NAMES
from summit_graph.errors import SummitGraphError, UnknownNameError, UsageError
from summit_graph.model.counted import CountedModel
from summit_graph.model.cpu_layers import response_norm
from summit_graph.model.weights import Weights
from summit_graph.pictures.index import DIVERSITY_KINDS, read_index
from summit_graph.records import Channel
from summit_graph.rendering import render_folder
from summit_graph.rendering.ascent import Ascent, likeness, render_channels, render_diversity
from summit_graph.rendering.maps import ChannelMaps, as_input
from summit_graph.rendering.render_folder import (
    RenderFolder,
    Stored,
    all_channels,
    ascent_for,
    render_missing,
)
from summit_graph.rendering.spectra import draw_motions, frequency_weights, moved, pictures_of
from tests.plain_inception import PlainInception
from tests.program_models import CifarResNet, Net, count_module, randomized
from tests.small_model import (
    FAMILIES,
    caffe_tensors,
    count_weights,
    small_counted,
    small_pixels,
    small_weights,
    write_small_weights,
)

#: Small and fast.
QUICK = Ascent(side=40, window=36, steps=12)
SMALL = Stored(side=24, quality=70)
CHANNELS = [Channel("mixed3b", 0), Channel("mixed3b", 7), Channel("mixed3b", 13), Channel("mixed3b", 17)]


def open_gallery(folder: Path, model: CountedModel, *, seed: int = 0, ascent: Ascent = QUICK) -> RenderFolder:
    return RenderFolder(folder, model, seed=seed, ascent=ascent, stored=SMALL)


@pytest.mark.parametrize("family", FAMILIES)
def test_channel_maps_equal_the_model(family: str) -> None:
    """After a ReLU the differentiable maps equal the model's, in all layers and branches of every family."""
    weights = small_weights(family)
    pixels = torch.from_numpy(small_pixels(4))
    plain, _ = PlainInception(weights)(pixels)
    maps = ChannelMaps(small_counted(family))
    for name, mixed in zip(LAYER_NAMES, plain, strict=True):
        channels = [Channel(name, at) for at in (1, 8, 13, 18)]
        with torch.no_grad():
            excited, below = maps(pixels.permute(0, 3, 1, 2) / 255, channels)
        wanted = mixed.output[torch.arange(4), [1, 8, 13, 18]]
        torch.testing.assert_close(excited.relu(), wanted, rtol=1e-3, atol=1e-3 * float(mixed.output.max()))
        torch.testing.assert_close(below, mixed.input, rtol=1e-3, atol=1e-3 * float(mixed.input.max()))


def test_maps_that_lead_to_a_residual_block_are_its_input() -> None:
    """The value that all paths to the layer contain: the block's input, and for the first layer the image."""
    module = randomized(CifarResNet(blocks=1, width=4))
    model = count_module(module)
    maps = ChannelMaps(model)
    pictures = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    images = as_input(pictures, model.input)
    with torch.no_grad():
        stem, image = maps(pictures, [Channel("conv1", 2)] * 2)
        excited, below = maps(pictures, [Channel("layer1.0", 1), Channel("layer1.0", 3)])
        wanted = module.get_submodule("layer1")(below)[[0, 1], [1, 3]]
    torch.testing.assert_close(image, images)
    torch.testing.assert_close(below[:, 2], stem.relu())
    torch.testing.assert_close(excited.relu(), wanted, rtol=1e-4, atol=1e-4)


def test_window_is_the_usual_one_where_the_model_takes_it() -> None:
    """A program that contains its input's size, or that has a smaller input, gets windows of that size."""
    conv = torch.nn.Conv2d(3, 4, 3)
    free = Net(lambda m, x: m.conv(x), width=4, conv=conv)
    fixed = Net(lambda m, x: m.conv(x.reshape(-1, 3, 120, 120)), width=4, conv=conv)
    models = [count_module(free, size=120), count_module(fixed, size=120), count_module(free, size=32)]
    assert [ascent_for(model).window for model in models] == [112, 120, 32]
    assert [ascent_for(model).side for model in models] == [128, 138, 36]


def test_empty_channels_have_no_pictures(tmp_path: Path) -> None:
    """Kind: a channel that nothing computes. All channels leave it out; named, it is an error."""
    conv = torch.nn.Conv2d(3, 2, 3)
    padded = (0, 0, 0, 0, 1, 0)
    module = Net(
        lambda m, x: torch.cat([m.one(x), pad(m.two(x), padded)], 1).relu(), width=5, one=conv, two=conv
    )
    model = count_module(module)
    (layer,) = {channel.layer for channel in all_channels(model)}
    assert [channel.index for channel in all_channels(model)] == [0, 1, 3, 4]
    with pytest.raises(UnknownNameError, match="is empty"):
        render_missing(open_gallery(tmp_path, model), [Channel(layer, 2)])


@pytest.mark.parametrize(("size", "beta"), [(5, 0.75), (9, 0.5)])
def test_response_normalization_has_the_gradient_of_torch(size: int, beta: float) -> None:
    """The hand-written backward pass agrees with automatic differentiation."""
    values = 300 * torch.rand(2, 12, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    gradients = []
    for norm in (response_norm, partial(torch.nn.functional.local_response_norm, alpha=1e-4)):
        x = values.clone().requires_grad_()
        (norm(x, size, beta=beta) * values.flip(1)).sum().backward()
        gradients.append(x.grad)
    torch.testing.assert_close(*gradients)


def test_gradients_pass_dead_units_while_waking() -> None:
    """Dead units block all gradients, unless their ReLU passes those that would activate them."""
    tensors = caffe_tensors()
    tensors["conv2/3x3.bias"] = torch.full_like(tensors["conv2/3x3.bias"], -1e6)
    maps = ChannelMaps(count_weights(Weights.of("dead", "caffe", tensors)))
    slopes = []
    for wake_dead in (False, True):
        pictures = torch.full((1, 3, 40, 40), 0.5, requires_grad=True)
        excited, _ = maps(pictures, [Channel("mixed3b", 0)], wake_dead=wake_dead)
        excited.mean().backward()
        slopes.append(float(pictures.grad.abs().sum()))
    assert slopes[0] == 0
    assert slopes[1] > 0


def test_waking_has_no_effect_if_some_unit_is_active() -> None:
    """If some gradient passes the ReLU, gradients are unchanged."""
    maps = ChannelMaps(small_counted())
    gradients = []
    for wake_dead in (False, True):
        pictures = (torch.from_numpy(small_pixels(2)).permute(0, 3, 1, 2) / 255).requires_grad_()
        excited, _ = maps(pictures, [Channel("mixed3a", 0)] * 2, wake_dead=wake_dead)
        excited.mean().backward()
        assert pictures.grad is not None
        gradients.append(pictures.grad)
    assert torch.equal(*gradients)


def test_window_without_motion_is_the_center_of_the_picture() -> None:
    """Without shift, rotation and zoom the window is the center of the picture."""
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    still = draw_motions([torch.Generator().manual_seed(0)], 1, shift=0, degrees=0, zoom=0)
    torch.testing.assert_close(moved(picture, still[0], 24), picture[:, :, 4:28, 4:28])


def test_zero_spectrum_is_grey() -> None:
    """Without amplitudes all pixels are 0.5."""
    weights = frequency_weights(16)
    assert torch.all(pictures_of(torch.zeros(1, 3, 16, 9, 2), weights) == 0.5)


def test_each_picture_activates_its_own_channel_most() -> None:
    """A channel's own picture activates it more than the other channels' pictures; none is grey."""
    maps = ChannelMaps(small_counted())
    channels = [Channel("mixed3a", at) for at in (0, 7, 13, 17)]
    pixels = render_channels(maps, channels, ascent=replace(QUICK, side=48, window=44, steps=40))
    assert pixels.shape == (4, 48, 48, 3)
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    for at, channel in enumerate(channels):
        with torch.no_grad():
            means = maps(pictures, [channel] * 4)[0].mean((1, 2))
        assert int(means.argmax()) == at
    assert pixels.std((1, 2, 3)).min() > 20


def test_same_seed_gives_the_same_picture() -> None:
    """Bit for bit; another seed gives another picture."""
    maps = ChannelMaps(small_counted())
    first, again = (render_channels(maps, CHANNELS, ascent=QUICK, seed=3) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, render_channels(maps, CHANNELS, ascent=QUICK, seed=4))


def test_picture_does_not_depend_on_the_batch() -> None:
    """Alone or at any index of a batch: the same picture except for rounding."""
    maps = ChannelMaps(small_counted())
    together = render_channels(maps, CHANNELS, ascent=QUICK)
    for at in (3, 1):
        alone = render_channels(maps, [CHANNELS[at]], ascent=QUICK)[0]
        assert np.abs(alone.astype(int) - together[at]).max() <= 2


def test_bfloat16_pictures_activate_as_much() -> None:
    """In bfloat16 ascent reaches at least 90 % of the activation reached in float32."""
    maps = ChannelMaps(small_counted())
    reached = []
    for coarse in (False, True):
        pixels = render_channels(maps, CHANNELS[1:2], ascent=replace(QUICK, steps=30, coarse=coarse))
        pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
        with torch.no_grad():
            reached.append(float(maps(pictures, CHANNELS[1:2])[0].mean()))
    assert reached[1] > 0.9 * reached[0] > 0


@pytest.mark.parametrize("channels", [5, 40])
def test_likeness_is_the_mean_cosine_of_gram_matrices(channels: int) -> None:
    """Over channels or over positions, whichever are fewer, it equals the definition."""
    maps = torch.rand(2, 3, channels, 4, 4, generator=torch.Generator().manual_seed(0))
    for group, measured in zip(maps.flatten(3), likeness(maps), strict=True):
        grams = [(z @ z.T).flatten() for z in group]
        cosines = [torch.cosine_similarity(grams[a], grams[b], dim=0) for a, b in ((0, 1), (0, 2), (1, 2))]
        torch.testing.assert_close(measured, torch.stack(cosines).mean())


def test_diversity_term_makes_pictures_less_similar() -> None:
    """With the diversity term, four pictures of a channel are less similar in the layer below."""
    maps = ChannelMaps(small_counted())
    channel = CHANNELS[1]
    alike = []
    for diversity in (0.0, 4.0):
        pixels = render_diversity(maps, [channel], ascent=replace(QUICK, steps=30, diversity=diversity))
        assert pixels.shape == (1, 4, 40, 40, 3)
        pictures = torch.from_numpy(pixels[0]).permute(0, 3, 1, 2) / 255
        with torch.no_grad():
            alike.append(float(likeness(maps(pictures, [channel] * 4)[1][None])))
    assert alike[1] < alike[0]


def test_index_lists_all_pictures(tmp_path: Path) -> None:
    """The index names model, channel, kind, seed and parameters, and the reader finds every picture."""
    model = small_counted()
    count = render_missing(open_gallery(tmp_path, model, seed=5), CHANNELS[:2], diversity=True)
    assert count == 10
    index = json.loads((tmp_path / "index.json").read_text())
    assert index["weights_sha256"] == model.sha256
    assert [(one["channel"], one["kind"]) for one in index["pictures"]] == [
        (str(channel), kind) for channel in CHANNELS[:2] for kind in ("channel", *DIVERSITY_KINDS)
    ]
    assert {one["seed"] for one in index["pictures"]} == {5}
    (key,) = {one["parameters"] for one in index["pictures"]}
    assert index["parameters"][key]["steps"] == QUICK.steps
    files = read_index(tmp_path, weights_sha256=model.sha256)
    assert len(files) == 10
    assert all(file.read_bytes()[8:12] == b"WEBP" for file in files.values())


def test_finished_pictures_are_not_rendered_again(tmp_path: Path) -> None:
    """A second run renders missing pictures only, removed files included."""
    model = small_counted()
    assert render_missing(open_gallery(tmp_path, model), CHANNELS[:2]) == 2
    kept = tmp_path / "mixed3b" / "0.webp"
    written, inode = kept.read_bytes(), kept.stat().st_ino
    (tmp_path / "mixed3b" / "7.webp").unlink()
    assert render_missing(open_gallery(tmp_path, model), CHANNELS[:3]) == 2
    assert (kept.read_bytes(), kept.stat().st_ino) == (written, inode)
    assert render_missing(open_gallery(tmp_path, model), CHANNELS[:3]) == 0


def test_pictures_are_fewer_at_a_time_on_a_full_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind: memory. Every channel has its picture, and one channel that does not fit is one line."""
    most = 2

    def little(maps: ChannelMaps, channels: list[Channel], **options: object) -> object:
        if len(channels) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return render_channels(maps, channels, **options)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(render_folder, "render_channels", little)
    assert render_missing(open_gallery(tmp_path, small_counted()), CHANNELS) == 4
    assert len(read_index(tmp_path, weights_sha256=small_counted().sha256)) == 4
    most = 0
    with pytest.raises(UsageError, match="use --device cpu"):
        render_missing(open_gallery(tmp_path / "other", small_counted()), CHANNELS)


def test_other_parameters_replace_a_picture(tmp_path: Path) -> None:
    """A picture with another seed or fewer steps is rendered again."""
    model = small_counted()
    for seed, ascent in ((0, QUICK), (1, QUICK), (1, replace(QUICK, steps=6))):
        assert render_missing(open_gallery(tmp_path, model, seed=seed, ascent=ascent), CHANNELS[:1]) == 1
    assert len(json.loads((tmp_path / "index.json").read_text())["parameters"]) == 1


def test_interrupted_run_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished pictures are not rendered again; the result is that of an uninterrupted run."""
    model = small_counted()
    monkeypatch.setitem(render_folder.BATCH_PICTURES, "cpu", 2)
    render_missing(open_gallery(tmp_path / "whole", model), CHANNELS)

    def stop(channels: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_missing(open_gallery(tmp_path / "killed", model), CHANNELS, on_rendered=stop)
    assert render_missing(open_gallery(tmp_path / "killed", model), CHANNELS) == 2
    files = sorted((tmp_path / "whole").rglob("*.webp"))
    assert len(files) == len(CHANNELS)
    for file in [*files, tmp_path / "whole" / "index.json"]:
        assert file.read_bytes() == (tmp_path / "killed" / file.relative_to(tmp_path / "whole")).read_bytes()


def test_folder_of_another_model_is_an_error(tmp_path: Path) -> None:
    """Pictures of two models never share a folder."""
    render_missing(open_gallery(tmp_path, small_counted()), CHANNELS[:1])
    with pytest.raises(SummitGraphError, match="other weights"):
        open_gallery(tmp_path, small_counted(seed=1))


def test_unknown_channel_is_an_error(tmp_path: Path) -> None:
    """The error gives the layer's number of channels; nothing is rendered."""
    with pytest.raises(UnknownNameError, match="no channel mixed3b/19: mixed3b has 19 channels"):
        render_missing(open_gallery(tmp_path, small_counted()), [Channel("mixed3b", 19)])
    assert not list(tmp_path.iterdir())


def test_the_command_takes_layers_and_input_options_of_any_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kind: options that work for one model only. InceptionV1 too has other layers and another input."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    file = write_small_weights(tmp_path / "narrow.safetensors")
    model = ["--weights", str(file), "--resize", "72", "--crop", "64", "--layers", "stem.*"]
    with pytest.raises(SystemExit) as ended:
        main(["render", *model, "--channels", "stem.conv2/3x3/2", "--out", str(tmp_path / "out")])
    assert ended.value.code == 0
    assert (tmp_path / "out" / "stem.conv2" / "3x3" / "2.webp").is_file()
