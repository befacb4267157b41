"""The study of rankings: from images to its plots and table, on a small network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import faithfulness_plots, faithfulness_study
from summit_graph.cli import main
from tests.small_model import write_images

MODEL = """
import torch
from tests.program_models import CifarResNet

def resnet():
    torch.manual_seed(7)
    return CifarResNet(blocks=1, width=4)
"""
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@pytest.fixture
def counts(tmp_path: Path, own_home: Path) -> Path:
    """The counts of two classes by each measure; ``photos`` has the images, ``cifar.py`` the model."""
    (tmp_path / "cifar.py").write_text(MODEL)
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    write_images(tmp_path / "photos", {"cat": 3, "dog": 3})
    model = ["--model", f"{tmp_path / 'cifar.py'}:resnet", "--labels", str(tmp_path / "names.txt")]
    size = ["--resize", "32", "--crop", "32", "--processes", "1"]
    for measure in ("activation", "relevance", "against"):
        out = ["--measure", measure, "--out", str(tmp_path / "counts" / measure)]
        with pytest.raises(SystemExit, match=r"^0$"):
            main(["aggregate", str(tmp_path / "photos"), *model, *size, *out])
    return tmp_path / "counts"


def test_every_ranking_is_measured_drawn_and_in_the_table(
    counts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rankings differ, all of the channels lose everything, and a second run keeps what is measured."""
    study, drawing = tmp_path / "study.json", tmp_path / "study.svg"

    def measure() -> None:
        model = f"{tmp_path / 'cifar.py'}:resnet"
        faithfulness_study.main(counts, held=tmp_path / "photos", out=study, model=model, size=32)

    measure()
    found = json.loads(study.read_text())
    assert sorted(found) == ["cat", "dog"]
    curves = found["cat"]["curves"]
    assert len(curves) == 16
    assert len({json.dumps(curve) for curve in curves.values()}) > 8
    written = study.stat().st_mtime_ns
    measure()
    assert study.stat().st_mtime_ns == written
    faithfulness_plots.main(study, drawing)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(curves)
    assert "<svg" in drawing.read_text()
