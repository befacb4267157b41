"""The classes that were written to a local database, in a file beside it.

Neo4j takes a zeroed part of its transaction log, as a power failure may leave, for the end of the log: it
starts without the transactions behind it and reports nothing. The comparison of this file with the database
shows the classes that are missing.

The file has one line per change. A class is added after its commit, and dropped before a removal: after an
interruption the file may lack a class, but never has one that was not committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from summit_graph.system.atomic_files import write_whole

#: A class by network and name.
Key = tuple[str, str]


@dataclass(frozen=True)
class WrittenClasses:
    """The record in a file."""

    file: Path

    def add(self, network: str, name: str, class_id: int) -> None:
        """A class was committed."""
        self._append([network, name, class_id])

    def drop(self, network: str, name: str | None = None) -> None:
        """A class is about to be removed, or with None a network."""
        self._append([network, name, None])

    def missing(self, found: Mapping[Key, int]) -> list[str]:
        """The classes that the database lacks or has in an older state: ``network/name``.

        Args:
            found: the ids of the database's classes.
        """
        return [f"{key[0]}/{key[1]}" for key, one in sorted(self._read().items()) if found.get(key, -1) < one]

    def replace(self, found: Mapping[Key, int]) -> None:
        """Record the classes that the database has, and no others."""
        write_whole(self.file, "".join(json.dumps([*key, one]) + "\n" for key, one in found.items()))

    def _append(self, line: list[str | int | None]) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> dict[Key, int]:
        written: dict[Key, int] = {}
        for network, name, class_id in self._lines():
            if class_id is not None:
                written[network, str(name)] = class_id
            elif name is not None:
                written.pop((network, name), None)
            else:
                written = {key: one for key, one in written.items() if key[0] != network}
        return written

    def _lines(self) -> Iterator[tuple[str, str | None, int | None]]:
        """The lines; one that is damaged, such as the last one after a power failure, is left out."""
        try:
            text = self.file.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return
        for line in text.splitlines():
            try:
                network, name, class_id = json.loads(line)
            except (ValueError, TypeError):
                continue
            yield network, name, class_id
