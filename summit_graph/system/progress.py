"""How far the runs on this machine are: a small file beside each run's state, for whoever looks on.

A run replaces its file at most twice a second and takes it away at its end; one whose process is gone (a run
that was killed) is passed over.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from summit_graph.system.atomic_files import write_whole

FILE = "progress.json"
_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run: the folder of images it counts, how many of them are done, and its process."""

    dataset: str
    done: int
    images: int
    process: int


class ProgressFile:
    """The file of one run; ``write`` may be called after every batch."""

    def __init__(self, folder: Path, dataset: str) -> None:
        self.path, self.dataset = folder / FILE, dataset
        self.written = 0.0

    def write(self, done: int, images: int) -> None:
        """Say how many images are done; the first and the last of them at once, others twice a second."""
        now = time.monotonic()
        if now - self.written < _SECONDS and 0 < done < images:
            return
        self.written = now
        write_whole(self.path, json.dumps(asdict(RunProgress(self.dataset, done, images, os.getpid()))))


def read_running(runs: Path) -> list[RunProgress]:
    """The runs below ``Home().runs`` whose process lives, by dataset."""
    found = (_read(path) for path in runs.glob(f"*/{FILE}"))
    alive = [run for run in found if run and psutil.pid_exists(run.process)]
    return sorted(alive, key=lambda run: (run.dataset, run.process))


def _read(path: Path) -> RunProgress | None:
    """None where the run ended while we looked, or its file is no longer whole."""
    try:
        return RunProgress(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
