"""timm's networks: every sum is correct where they can be read; in others, the module is named."""

from __future__ import annotations

import pytest
import timm

from summit_graph.cli import main
from tests.program_models import assert_reading_is_true, read

#: Networks whose blocks torchvision has not.
FAMILIES = [
    "cs3darknet_s",
    "dla34",
    "ghostnet_050",
    "mobilenetv4_conv_small",
    "res2net50_14w_8s",
    "selecsls42",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_the_sums_of_a_network_are_correct(name: str) -> None:
    """Terms, biases and shifts add up to the value of every sum; the captured logits equal the module's."""
    assert not assert_reading_is_true(timm.create_model(name, num_classes=5), 64).refused


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "operator", "module"),
    [
        ("skresnet18", "softmax", "layer1.0.conv1.attn"),  # selective kernels
        ("resnest14d", "sum", "layer1.0.conv2"),  # split attention
    ],
)
def test_operators_that_mix_channels_in_other_ways_are_named(name: str, operator: str, module: str) -> None:
    """The network is refused, and the operator's module is named."""
    refused = read(timm.create_model(name, num_classes=5), 64).refused
    assert f"{operator} (in module {module})" in map(str, refused)


def test_a_network_of_timm_is_inspected(capsys: pytest.CaptureFixture[str]) -> None:
    """Its input comes from timm's configuration."""
    with pytest.raises(SystemExit) as ended:
        main(["model", "inspect", "--model", "timm:test_resnet"])
    output = capsys.readouterr()
    assert (ended.value.code, "layer4.0" in output.out) == (0, True)
    assert "resize 168 bilinear, crop 160, RGB 0 to 1, mean 0.5 0.5 0.5" in output.err
