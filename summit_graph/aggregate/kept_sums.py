"""Sums of values over the images of a network's earlier runs: the baseline of relevance goes on from them.

Each run leaves a file with its sums and one with the names of the folders whose images they are. A later run
adds those of the runs that share no folder with it, so that each image is in the baseline once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from summit_graph.aggregate.baselines import ValueSums
from summit_graph.system.atomic_files import write_whole
from summit_graph.system.own_folders import make_own_folder


@dataclass(frozen=True)
class KeptSums:
    """The sums of some earlier runs.

    Attributes:
        names: of their files, in order; they depend on the sums.
    """

    sums: ValueSums
    names: tuple[str, ...] = ()


def read_kept(folder: Path, counted: Collection[str]) -> KeptSums:
    """The sums of earlier runs that have none of the folders that are being counted, each folder once."""
    seen, total, names = set(counted), ValueSums(), []
    for file in sorted(folder.glob("*.json")):
        folders = _folders_in(file)
        sums = None if not folders or folders & seen else ValueSums.read(file.with_suffix(".npz"))
        if sums is not None:
            seen |= folders
            total.add(sums)
            names.append(file.stem)
    return KeptSums(total, tuple(names))


def keep_sums(folder: Path, sums: ValueSums, counted: Collection[str]) -> None:
    """Keep the sums of a run over some folders; those of earlier runs over parts of these are deleted."""
    make_own_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    staged = folder / "new.npz"
    sums.write(staged)
    name = hashlib.sha256(staged.read_bytes()).hexdigest()
    for file in folder.glob("*.json"):
        if _folders_in(file) <= set(counted):
            file.unlink()
            file.with_suffix(".npz").unlink(missing_ok=True)
    staged.rename(folder / f"{name}.npz")
    write_whole(folder / f"{name}.json", json.dumps(sorted(counted)))


def _folders_in(file: Path) -> set[str]:
    """Empty if the file is damaged."""
    try:
        return set(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return set()
