"""Sums of values over the images of earlier runs: the baseline of relevance goes on from them.

Each run leaves its sums, in the home or in its count folder (``counts.baseline_files``). A later run adds
those of the runs that share no folder with it, so that each image is in the baseline once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from summit_graph.aggregate.baselines import ValueSums
from summit_graph.counts.baseline_files import folders_of, keep_run, runs_in, sums_of
from summit_graph.system.own_folders import make_own_folder


@dataclass(frozen=True)
class KeptSums:
    """The sums of some earlier runs.

    Attributes:
        names: of their files, in order; they depend on the sums.
    """

    sums: ValueSums
    names: tuple[str, ...] = ()


def read_kept(folders: Iterable[Path], counted: Collection[str]) -> KeptSums:
    """The sums of earlier runs that have none of the folders that are being counted, each folder once."""
    seen, total, names = set(counted), ValueSums(), []
    for run in runs_in(folders):
        of_run = folders_of(run)
        sums = None if not of_run or of_run & seen else ValueSums.read(sums_of(run))
        if sums is not None:
            seen |= of_run
            total.add(sums)
            names.append(run.stem)
    return KeptSums(total, tuple(names))


def keep_sums(folder: Path, sums: ValueSums, counted: Collection[str]) -> None:
    """Keep the sums of a run over some folders; those of earlier runs over parts of these are deleted."""
    make_own_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    run = folder / f"{sums.digest()}.json"
    sums.write(sums_of(run), compressed=True)
    keep_run(run, counted)
