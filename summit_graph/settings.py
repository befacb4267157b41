"""Where things are: the user's folders, the database's address. Each default stands here once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGE = Path(__file__).parent
#: The model without --weights: the only InceptionV1 of the paper's kind that can be downloaded and checked.
DEFAULT_WEIGHTS = "bvlc"
#: How Java and Neo4j write sizes of memory: 512m, 4g.
_SIZE = r"^[0-9]+[kKmMgG]?$"


def package_folder(name: str) -> Path:
    """``cypher`` or ``app``: inside the installed package, beside it in a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


class Home(BaseSettings):
    """The folder for everything we keep between runs: the local database, jars, weights, unfinished runs."""

    model_config = SettingsConfigDict(env_prefix="SUMMIT_GRAPH_")

    home: Path = Path(platformdirs.user_data_dir("summit-graph"))
    # Downloaded jars, kept across versions; homes may share them by SUMMIT_GRAPH_JARS.
    jars: Path = Field(default_factory=lambda given: given["home"] / "jars")

    @property
    def neo4j(self) -> Path:
        """The local server's home at first: configuration, store, logs, password (see ``store.swap``)."""
        return self.home / "neo4j"

    @property
    def weights(self) -> Path:
        """Downloaded model weights."""
        return self.home / "weights"

    @property
    def datasets(self) -> Path:
        """Datasets that are fetched by name."""
        return self.home / "datasets"

    @property
    def pictures(self) -> Path:
        """Feature visualizations and dataset examples, a folder per model."""
        return self.home / "pictures"

    @property
    def runs(self) -> Path:
        """State of unfinished ``ingest`` runs."""
        return self.home / "runs"

    def run_folder(self, *identity: str) -> Path:
        """Where the run that these words identify keeps its state."""
        return self.runs / hashlib.sha256(os.fsencode("\0".join(identity))).hexdigest()[:16]


class ServerSettings(BaseSettings):
    """How to fetch and size the local server, where the defaults do not fit."""

    model_config = SettingsConfigDict(env_prefix="SUMMIT_GRAPH_")

    maven_url: str | None = None  # a mirror of Maven Central
    heap: str | None = Field(default=None, pattern=_SIZE)
    pagecache: str | None = Field(default=None, pattern=_SIZE)


class WritingSettings(BaseSettings):
    """How much is written at once: less for a server of little memory (some 20 MB of heap per 20,000)."""

    model_config = SettingsConfigDict(env_prefix="SUMMIT_GRAPH_")

    batch: int = Field(default=20_000, ge=100)  # relationships in a transaction; larger is hardly faster


class ExplorerSettings(BaseSettings):
    """What the explorer's process is told by the command that starts it."""

    model_config = SettingsConfigDict(env_prefix="SUMMIT_GRAPH_")

    allow_hosts: str = ""  # names that proxies serve it as, separated by spaces

    @property
    def more_hosts(self) -> list[str]:
        """The names one by one."""
        return self.allow_hosts.split()


class DatabaseSettings(BaseSettings):
    """A database elsewhere, from the environment (``NEO4J_URI`` …); without ``uri``, the local one."""

    model_config = SettingsConfigDict(env_prefix="NEO4J_")

    uri: str | None = None
    username: str = "neo4j"
    password: SecretStr | None = None
    database: str | None = None

    @classmethod
    def of(cls, uri: str | None) -> DatabaseSettings:
        """The environment's, at another address where one is given."""
        return cls(uri=uri) if uri else cls()
