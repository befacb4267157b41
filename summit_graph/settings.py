"""Settings from environment variables: folders, database, server."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from summit_graph.errors import UsageError, plain_reason
from summit_graph.system.own_folders import make_private_folder

PACKAGE = Path(__file__).parent


def package_folder(name: str) -> Path:
    """``cypher`` or ``app``: inside the installed package, next to it in a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


class _Settings(BaseSettings):
    """Environment variables; an empty one counts as unset.

    Raises:
        UsageError: a value is invalid; the message names the variable.
    """

    model_config = SettingsConfigDict(env_prefix="SUMMIT_GRAPH_", env_ignore_empty=True)

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
            field = str(wrong["loc"][0])
            variable = f"{self.model_config['env_prefix']}{field}".upper()
            name = f"--{field}" if field in given else variable
            raise UsageError(f"{name} is not usable: {plain_reason(wrong['msg'])}") from None


def _user_folder() -> Path:
    """The user's data folder; in a container, the user may have none."""
    try:
        return Path(platformdirs.user_data_dir("summit-graph")).expanduser()
    except RuntimeError:
        raise UsageError(
            "this user has no home folder: set SUMMIT_GRAPH_HOME to a folder that you may write to"
        ) from None


def _absolute(folder: Path) -> Path:
    try:
        return folder.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{folder} starts with a home folder that does not exist") from error


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    return folder


def _size(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d*[kKmMgG]?", text):
        raise ValueError(f"{text!r} is not a size such as 512m or 4g")
    return text


def _without_login(uri: str) -> str:
    """Refuse an address with a login: messages and process lists show the address."""
    if "@" in uri:
        raise ValueError("no user and password belong in it: set NEO4J_USERNAME and NEO4J_PASSWORD")
    return uri


Folder = Annotated[Path, AfterValidator(_absolute)]
Size = Annotated[str, AfterValidator(_size)]  # as the JVM writes it: 512m, 4g


class Home(_Settings):
    """The folder for persistent data: the local database, jars, weights, unfinished runs.

    Raises:
        UsageError: the user has no data folder and ``SUMMIT_GRAPH_HOME`` is not set.
    """

    home: Folder = Field(default_factory=_user_folder)
    # Downloaded jars, kept across versions; homes may share them by SUMMIT_GRAPH_JARS.
    jars: Folder = Field(default_factory=lambda given: given["home"] / "jars")

    @property
    def neo4j(self) -> Path:
        """The local server's first folder: configuration, store, logs, password (see ``server.swap``)."""
        return self.home / "neo4j"

    @property
    def queries(self) -> Path:
        """The user's own queries, as .cypher files, where ``QuerySettings`` names no other folder."""
        return self.home / "queries"

    @property
    def weights(self) -> Path:
        """Downloaded model weights."""
        return self.home / "weights"

    @property
    def datasets(self) -> Path:
        """Datasets that are downloaded by name."""
        return self.home / "datasets"

    @property
    def pictures(self) -> Path:
        """Feature visualizations and dataset examples, a folder per model."""
        return self.home / "pictures"

    @property
    def runs(self) -> Path:
        """State of unfinished ``ingest`` runs."""
        return self.home / "runs"

    def baseline_folder(self, *identity: str) -> Path:
        """Where the sums of the network that is identified by these words are kept."""
        return self.home / "baselines" / _digest(identity)

    def run_folder(self, *identity: str) -> Path:
        """State folder of the run identified by these words."""
        return make_private_folder(self.runs) / _digest(identity)


def _digest(identity: Sequence[str]) -> str:
    return hashlib.sha256(os.fsencode("\0".join(identity))).hexdigest()[:16]


class ServerSettings(_Settings):
    """Download mirror and memory sizes of the local server."""

    maven_url: str | None = None  # a mirror of Maven Central
    heap: Size | None = None
    pagecache: Size | None = None
    starter: str | None = None  # set by explore and demo for their child: the process for which it starts one


class QuerySettings(_Settings):
    """The folder of the user's own queries, if one is named."""

    queries: Annotated[Folder, AfterValidator(_existing)] | None = None


def _location(text: str) -> str:
    if not re.fullmatch(r"[^/\s]+/[^/\s]+", text):
        raise ValueError(f"{text!r} is not a cloud provider and region such as gcp/europe-west1")
    return text


class SessionSettings(_Settings):
    """Where ``rank --ranking sessions`` starts a session of Aura Graph Analytics."""

    cloud_location: Annotated[str, AfterValidator(_location)] | None = None  # provider/region


class WritingSettings(_Settings):
    """Size of write transactions; lower it for a server with little memory (20 MB of heap per 20,000)."""

    batch: int = Field(default=20_000, ge=100)  # relationships in a transaction; larger is hardly faster


class ExplorerSettings(_Settings):
    """Settings that the command passes to the explorer's process."""

    allow_hosts: str = ""  # names that proxies serve it as, separated by spaces

    @property
    def more_hosts(self) -> list[str]:
        """The names one by one."""
        return self.allow_hosts.split()


class DatabaseSettings(_Settings):
    """Another database, from the environment (``NEO4J_URI`` …); without ``uri``, the local one."""

    model_config = SettingsConfigDict(env_prefix="NEO4J_")

    uri: Annotated[str, AfterValidator(_without_login)] | None = None
    username: str = "neo4j"
    password: SecretStr | None = None
    database: str | None = None

    @classmethod
    def of(cls, uri: str | None) -> DatabaseSettings:
        """Settings of the environment, with ``uri`` replaced if given."""
        return cls(uri=uri) if uri else cls()


def check_variables() -> None:
    """Raise UsageError for an invalid variable at the start, before any work."""
    for settings in (ServerSettings, QuerySettings, WritingSettings, DatabaseSettings):
        settings()
