"""Opens the configured database for long-lived readers: the explorer, notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from summit_graph.settings import DatabaseSettings
from summit_graph.store.connection import (
    Database,
    find_address,
    open_database,
    translate_driver_errors,
)
from summit_graph.store.networks import Network, find_network, list_networks

__all__ = ["Database", "Network", "OpenDatabase", "find_network", "list_networks", "open_for_reading"]


@dataclass(frozen=True)
class OpenDatabase:
    """A database that stays open until ``close`` is called."""

    database: Database
    uri: str
    close: Callable[[], None]

    def verify(self) -> None:
        """Return when the server answers.

        Raises:
            DriverError: it does not.
        """
        self.database.driver.verify_connectivity()

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turns the driver's errors into DatabaseError with one sentence each."""
        with translate_driver_errors(self.uri):
            yield


def open_for_reading(*, on_message: Callable[[str], None] | None = None) -> OpenDatabase:
    """Open the database of ``NEO4J_URI``, else the local one, which is started if needed.

    Raises:
        DatabaseError: the database does not answer or refuses the login.
    """
    address = find_address(DatabaseSettings(), on_message=on_message)
    stack = ExitStack()
    database = stack.enter_context(open_database(address))
    return OpenDatabase(database, address.uri, stack.close)
