"""What ``doctor`` says of an environment without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from summit_graph.workflows.doctor import _check_weights


def test_a_lock_is_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that an interrupted download left says nothing of weights."""
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "torchvision.lock").touch()
    assert _check_weights().state == "note"
    (tmp_path / "weights" / "bvlc.onnx").touch()
    assert _check_weights().found == "downloaded: bvlc.onnx"
