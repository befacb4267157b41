"""What an unfinished ``rank`` stores between runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from summit_graph.records import ClassSummary
from summit_graph.views.classes import StoredClass
from summit_graph.workflows.load import RankedClasses

BEAR = StoredClass(7, ClassSummary("bear", None, "bear", 10, None, None, None))

#: Records classes one after the other, as ``rank`` does.
REMEMBER = """
import sys
from dataclasses import replace
from pathlib import Path
from summit_graph.workflows.load import RankedClasses
from tests.test_resuming import BEAR

ranked = RankedClasses(Path(sys.argv[1]))
for number in range(300):
    ranked.add(replace(BEAR, id=number))
"""


def test_a_ranked_class_is_recorded_until_the_run_is_finished(tmp_path: Path) -> None:
    """It is recorded by its id; a later state of the class has another id."""
    RankedClasses(tmp_path).add(BEAR)
    assert RankedClasses(tmp_path).has(BEAR)
    RankedClasses(tmp_path).forget()
    assert not RankedClasses(tmp_path).has(BEAR)


@pytest.mark.parametrize("left", ["", "[7,", "{}", "\0\0\0"])
def test_a_damaged_file_counts_as_missing(left: str, tmp_path: Path) -> None:
    """A crash of the machine may leave it empty: the classes are ranked again."""
    (tmp_path / "ranked.json").write_text(left)
    ranked = RankedClasses(tmp_path)
    assert not ranked.has(BEAR)
    ranked.add(BEAR)
    assert RankedClasses(tmp_path).has(BEAR)


def test_concurrent_runs_do_not_use_each_others_files(tmp_path: Path) -> None:
    """Both replace the state atomically, in any order."""
    command = [sys.executable, "-c", REMEMBER, str(tmp_path)]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    output = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], output
    assert [file.name for file in tmp_path.iterdir()] == ["ranked.json"]
