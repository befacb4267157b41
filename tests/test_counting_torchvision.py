"""Counts of torchvision's networks: both kernels agree, and small ones equal the definition."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from summit_graph.cli import main
from summit_graph.images.input_rule import IMAGENET_INPUT
from summit_graph.model.counted import counted_model
from summit_graph.model.inputs import prepare_input
from summit_graph.records import Parameters
from tests.naive_programs import (
    ACTIVATION_KEYS,
    HOP_KEYS,
    count_naively,
    counts_of,
    merge_naively,
    read_module,
    rows_of,
)
from tests.program_models import CifarResNet, randomized
from tests.test_counting_programs import assert_counts_are_true
from tests.test_program_torchvision import untrained

#: Side of the images.
SIDES = {
    "alexnet": 64,
    "vgg11_bn": 64,
    "resnet18": 64,
    "resnext50_32x4d": 64,
    "densenet121": 64,
    "googlenet": 64,
    "inception_v3": 96,
    "mobilenet_v2": 64,
    "mnasnet0_5": 64,
    "efficientnet_b0": 64,
    "regnet_y_400mf": 64,
    "convnext_tiny": 64,
}
SMALL = ("squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small")


@pytest.mark.slow
@pytest.mark.parametrize("name", SIDES)
def test_both_kernels_count_the_same(name):
    """At most 2e-5 of the counts differ, where values tie within rounding."""
    side, parameters = SIDES[name], Parameters()
    source, program = read_module(randomized(untrained(name)), side)
    model = counted_model(source, program, parameters)
    random = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (1, side, side, 3), generator=random, dtype=torch.uint8)
    plain, fused = (
        counts_of(model, parameters, pixels, output=3, kernel=kernel) for kernel in ("reference", "fused")
    )
    assert plain["hops"].total() > 1000
    for table, rows in plain.items():
        differing = sum(abs(rows[key] - fused[table][key]) for key in {*rows, *fused[table]})
        assert differing <= 2e-5 * rows.total(), table


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_counts_of_a_small_network_equal_the_definition(name):
    """Activations, hops and outputs of a network, and its merged influences."""
    assert assert_counts_are_true(untrained(name), 64, images=1) > 1000


MODEL = """
from tests.program_models import CifarResNet, randomized


def build():
    return randomized(CifarResNet(2, 8))
"""


def write_images(folder: Path) -> Path:
    """Two classes of random pictures; their names are output numbers."""
    random = np.random.default_rng(0)
    for name, number in (("1", 3), ("4", 2)):
        (folder / name).mkdir(parents=True)
        for at in range(number):
            Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / name / f"{at}.png")
    return folder


def test_count_files_hold_the_definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``aggregate --model`` of a residual network: every table of both classes, and all paths merged."""
    (tmp_path / "net.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    photos, model = write_images(tmp_path / "photos"), f"{tmp_path / 'net.py'}:build"
    words = [
        *("aggregate", str(photos), "--out", str(tmp_path / "out"), "--model", model, "--crop", "16"),
        *("--resize", "16", "--processes", "1", "--match", "index"),
    ]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    _, program = read_module(randomized(CifarResNet(2, 8)), 16)
    for name in ("1", "4"):
        files = sorted((photos / name).iterdir())
        pixels = torch.stack([torch.from_numpy(np.array(Image.open(file))) for file in files])
        inputs = prepare_input(pixels, IMAGENET_INPUT)
        naive = count_naively(program, inputs, Parameters(), output=int(name))
        tables = {}
        for table, keys in (
            ("activations", ACTIVATION_KEYS),
            ("hops", HOP_KEYS),
            ("outputs", ACTIVATION_KEYS),
        ):
            rows = pq.read_table(tmp_path / "out" / f"{table}.parquet")
            mine = rows.filter([one == name for one in rows["class"].to_pylist()])
            tables[table] = rows_of(mine, keys)
            getattr(naive, table).check(tables[table])
        merged = pq.read_table(tmp_path / "out" / "influences.parquet").to_pylist()
        found = {
            (row["layer"], row["channel"], row["previous_layer"], row["previous"]): (
                *(row["count"], row["via"], row["via_stop"], row["skip"]),
            )
            for row in merged
            if row["class"] == name
        }
        assert found
        assert found == {
            key: astuple(one) for key, one in merge_naively(program, tables["hops"], Parameters()).items()
        }
