"""Progress of the runs on this machine: a small file in each run's state folder.

A run rewrites its file at most twice a second and deletes it at the end. Files of dead processes are ignored.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from summit_graph.system.atomic_files import write_whole
from summit_graph.system.owners import owner_lives, this_owner

FILE = "progress.json"
_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class RunProgress:
    """One run: its dataset, images done, total images and process (``owners.this_owner``)."""

    dataset: str
    done: int
    images: int
    owner: str


class ProgressFile:
    """The progress file of one run; call ``write`` after every batch."""

    def __init__(self, folder: Path, dataset: str) -> None:
        self.path, self.dataset = folder / FILE, dataset
        self.written = 0.0

    def write(self, done: int, images: int) -> None:
        """Record how many images are done: the first and last update immediately, others twice a second."""
        now = time.monotonic()
        if now - self.written < _SECONDS and 0 < done < images:
            return
        self.written = now
        write_whole(self.path, json.dumps(asdict(RunProgress(self.dataset, done, images, this_owner()))))


def read_running(runs: Path) -> list[RunProgress]:
    """The live runs below ``Home().runs``, sorted by dataset."""
    found = (_read_live(path) for path in runs.glob(f"*/{FILE}"))
    return sorted(filter(None, found), key=lambda run: (run.dataset, run.owner))


def _read_live(path: Path) -> RunProgress | None:
    """None if the run has ended or its file is damaged."""
    try:
        run = RunProgress(**json.loads(path.read_text("utf-8")))
        idle = int(time.time() - path.stat().st_mtime)
        return run if owner_lives(run.owner, idle=idle) else None
    except (OSError, ValueError, TypeError):
        return None
