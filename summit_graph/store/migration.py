"""What every writer does before it writes: an older database is brought up to date, leftovers are deleted.

Older versions stored the position of a class in a layer's embedding in its property ``embedding_<layer>``;
now it is ``(:Class)-[:PLACED {x, y}]->(:Layer)``.
"""

from __future__ import annotations

from summit_graph.settings import WritingSettings
from summit_graph.store.connection import Database
from summit_graph.store.removal import clear_leftovers


def prepare_to_write(database: Database) -> None:
    """Migrate the database and delete what a killed writer or an interrupted removal left."""
    migrate(database)
    clear_leftovers(database)


def migrate(database: Database) -> None:
    """Move data that older versions stored elsewhere; an up-to-date database is not changed.

    Each batch is a transaction: after an interruption, the next writer continues.
    """
    limit = WritingSettings().batch
    while rows := database.read("load/embedding_properties", limit=limit):
        keys = sorted({key for row in rows for key in row["keys"]})
        classes = [row["class"] for row in rows]
        database.write("load/move_embeddings", classes=classes, keys=keys, nothing=dict.fromkeys(keys))
