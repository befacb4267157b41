"""Commands that begin with their work: forks of a process that has imported everything.

A kill then hits the work and not the imports, which take most of a small command's time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

#: What the writing commands import while they run.
IMPORTED = [
    "graphdatascience",
    "neo4j",
    "pandas",
    "pyarrow.parquet",
    "rapidfuzz.process",
    "umap",
    "summit_graph.cli",
    "summit_graph.analysis.channel_groups",
    "summit_graph.analysis.motifs",
    "summit_graph.channel_labels.choosing",
    "summit_graph.ranking.channel_groups",
    "summit_graph.ranking.engine",
    "summit_graph.ranking.pagerank",
    "summit_graph.workflows.bulk_load",
    "summit_graph.workflows.channel_groups",
    "summit_graph.workflows.embed",
    "summit_graph.workflows.import_network",
    "summit_graph.workflows.label",
    "summit_graph.workflows.load",
    "summit_graph.workflows.remove",
    "tests.torture.forked",
]
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(IMPORTED)


class ForkedCommand:
    """A running command, as ``subprocess.Popen`` has it."""

    def __init__(self, words: Sequence[str], *, folder: Path, log: Path) -> None:
        environment = dict(os.environ)
        self._process = FORKS.Process(target=_run, args=(words, folder, log, environment))
        self._process.start()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def wait(self) -> int:
        """Its exit code."""
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


def _run(words: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str]) -> None:
    from summit_graph.cli import main

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
    main(words)
