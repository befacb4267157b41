"""Files of the sums that the baseline of relevance goes on from (SPEC 3), in the home or in a count folder.

``<values>/<sums>.npz`` has the sums of a run, ``<sums>.json`` the names of the folders whose images they are.
``<values>`` is a digest of the model and of which of its values are summed, ``<sums>`` one of the sums.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path

from summit_graph.system.atomic_files import replaced_whole, write_whole
from summit_graph.system.own_folders import make_own_folder

#: Their folder in a count folder.
BASELINES = "baselines"


def runs_in(folders: Iterable[Path]) -> list[Path]:
    """The runs whose sums are in some folders, those over the most images' folders first."""
    found = chain.from_iterable(folder.glob("*.json") for folder in folders)
    return sorted(found, key=lambda run: (-len(folders_of(run)), run.stem))


def folders_of(run: Path) -> set[str]:
    """The folders of a run; empty if the file is damaged."""
    try:
        return set(json.loads(run.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return set()


def sums_of(run: Path) -> Path:
    """The file with a run's sums."""
    return run.with_suffix(".npz")


def keep_run(run: Path, counted: Collection[str]) -> None:
    """Write the folders of a run whose sums are written; earlier runs over parts of them are deleted."""
    for earlier in run.parent.glob("*.json"):
        if earlier != run and folders_of(earlier) <= set(counted):
            earlier.unlink()
            sums_of(earlier).unlink(missing_ok=True)
    write_whole(run, json.dumps(sorted(counted)))


def copy_baselines(source: Path, target: Path) -> None:
    """Add the runs of a folder to another one."""
    for run in sorted(source.glob("*/*.json")):
        counted, copied = folders_of(run), target / run.relative_to(source)
        if not counted or copied.exists() or not sums_of(run).is_file():
            continue
        make_own_folder(target)
        copied.parent.mkdir(exist_ok=True)
        with replaced_whole(sums_of(copied)) as staged:
            shutil.copyfile(sums_of(run), staged)
        keep_run(copied, counted)
