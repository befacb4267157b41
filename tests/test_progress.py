"""The progress of runs on this machine."""

from __future__ import annotations

import json
from pathlib import Path

from summit_graph.system.owners import this_owner
from summit_graph.system.progress import FILE, ProgressFile, read_running


def test_a_live_run_is_listed(tmp_path: Path) -> None:
    """With its dataset and how far it is."""
    (tmp_path / "run").mkdir()
    ProgressFile(tmp_path / "run", "photos").write(3, 10)
    assert [(run.dataset, run.done, run.images) for run in read_running(tmp_path)] == [("photos", 3, 10)]


def test_another_process_with_the_id_of_an_ended_run_is_not_that_run(tmp_path: Path) -> None:
    """Ids are used again (kind: identity by process number)."""
    (tmp_path / "run").mkdir()
    ProgressFile(tmp_path / "run", "photos").write(3, 10)
    file = tmp_path / "run" / FILE
    ended = this_owner().rpartition("|")[0] + "|0"  # this process's id, started at another time
    file.write_text(json.dumps(json.loads(file.read_text()) | {"owner": ended}))
    assert read_running(tmp_path) == []


def test_a_file_of_an_earlier_version_is_ignored(tmp_path: Path) -> None:
    """It has only a process id."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / FILE).write_text(
        json.dumps({"dataset": "photos", "done": 3, "images": 10, "process": 1})
    )
    assert read_running(tmp_path) == []
