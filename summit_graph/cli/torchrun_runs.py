"""``aggregate`` as one of torchrun's processes: count a part, then the first process adds the parts up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from summit_graph.cli.console import FAILED, ProgressBar, progress_bar
from summit_graph.cli.counting_runs import show_progress, start_run_from
from summit_graph.errors import SummitGraphError
from summit_graph.system.own_folders import make_own_folder
from summit_graph.workflows.counting import LOCK, Run, locked, require_compute

if TYPE_CHECKING:
    from summit_graph.aggregate.torchrun import Ranks
    from summit_graph.cli.counting_options import CountingOptions
    from summit_graph.counts.manifest import Manifest


def launched_ranks() -> int:
    """Number of processes that torchrun (or a launcher with the same variables) started."""
    variables = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    return int(os.environ["WORLD_SIZE"]) if all(name in os.environ for name in variables) else 1


def aggregate_as_rank(
    options: CountingOptions, work: Path, out: Path, baseline_of: Sequence[Path]
) -> tuple[Run, Manifest] | None:
    """Count one part in ``work`` and wait for the other ranks; the first rank writes ``out``.

    Returns:
        The run and the complete manifest on the first rank, None on the others.
    """
    require_compute()
    from summit_graph.aggregate.torchrun import FailedElsewhereError, joined_ranks

    try:
        with (
            joined_ranks() as ranks,
            progress_bar("counting", unit="images", shown=ranks.rank == 0) as bar,
            _locked_by_first(work, ranks),
        ):
            run = _count_part(options, work, bar, ranks, baseline_of)
            ranks.wait_for_all(on_wait=lambda: show_progress(bar, *ranks.read_progress()))
            return None if ranks.rank else (run, _add_parts_up(run, work, out, ranks.number))
    except FailedElsewhereError:
        raise typer.Exit(FAILED) from None


def _count_part(
    options: CountingOptions, work: Path, bar: ProgressBar, ranks: Ranks, baseline_of: Sequence[Path]
) -> Run:
    """Count this rank's shard into the rank's folder, from which it also resumes."""
    from summit_graph.aggregate.run import select_device
    from summit_graph.counts.writer import write_count_folder

    device = ranks.choose_device(select_device(options.device))
    processes = options.processes or ranks.choose_processes()
    folder = _part_folder(make_own_folder(work, known_by=LOCK), ranks.rank, ranks.number)
    with locked(folder):
        options = replace(options, device=device, processes=processes)
        shard = (ranks.rank, ranks.number)
        run = start_run_from(baseline_of, options, folder, bar, shard=shard, ranks=ranks)
        write_count_folder(
            folder / "counts", run.manifest, run.classes(), tables=("activations", "hops", "outputs")
        )
    return run


def _add_parts_up(run: Run, work: Path, out: Path, number: int) -> Manifest:
    """Write the sum of all parts; classes without images are skipped, as in a run of one process."""
    from summit_graph.aggregate.run import NO_IMAGE
    from summit_graph.counts.add_up import merge_count_folders
    from summit_graph.counts.folder import CountFolder

    paths = [_part_folder(work, rank, number) / "counts" for rank in range(number)]
    for rank, path in enumerate(paths):
        if not path.is_dir():
            raise SummitGraphError(
                f"{out} has no part of rank {rank}: name a folder that all machines of the run share"
            )
    parts = [CountFolder(path) for path in paths]
    counted = {name for part in parts for name in part.summaries}
    empty = [name for name in run.counting.dataset.classes if name not in counted]
    manifest = merge_count_folders(parts, out, skipped=[{"file": name, "reason": NO_IMAGE} for name in empty])
    run.skipped[:] = [dict(entry) for entry in manifest.skipped]
    return manifest


def _part_folder(work: Path, rank: int, number: int) -> Path:
    return work / f"rank-{rank}-of-{number}"


@contextmanager
def _locked_by_first(work: Path, ranks: Ranks) -> Iterator[None]:
    """The first rank locks the work folder for all."""
    if ranks.rank:
        yield
        return
    with locked(work):
        yield
