"""The exceptions; each message is one sentence that names the cause and the solution."""

import re

#: A possible login before a URL's host: ``user:secret@``.
_LOGIN = re.compile(r"(?<=://)[^\s'\"]*@")
#: Colors and styles of a terminal.
_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*m")
#: An error may quote a damaged file; Neo4j names a mistake's position after some 700 characters.
_LONGEST = 1000
INSTALL_COMPUTE = "pip install 'summit-graph[compute]', or in a checkout: make install"


def hide_logins(text: str) -> str:
    """The text with ``…`` in place of anything before an ``@`` in a URL: it may be a password."""
    return _LOGIN.sub("…@", text)


def first_line(error: object) -> str:
    """The first line of an error's text, without terminal codes; the exception's type if it has no text."""
    text = _TERMINAL_CODE.sub("", str(error)).strip()
    return (text.splitlines() or [type(error).__name__])[0][:_LONGEST]


def plain_reason(message: str) -> str:
    """A message of pydantic's (typer uses it too) without its name for the error."""
    return message.replace("Value error, ", "", 1)


class SummitGraphError(Exception):
    """An error the user can act on: the message names the cause and the solution (exit code 1)."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(hide_logins(message))


class UsageError(SummitGraphError):
    """Wrong usage of a command (exit code 2)."""

    exit_code = 2


class DatabaseError(SummitGraphError):
    """The database is unreachable, refuses access, or lacks a requirement (exit code 4)."""

    exit_code = 4


class SilentDatabaseError(DatabaseError):
    """The database does not answer in time; the connection may still be good."""


class UnknownOutcomeError(DatabaseError):
    """The connection broke between a commit and its answer."""


class TransactionTooLargeError(DatabaseError):
    """The server lacks memory for one transaction."""


class UnreadableImageError(SummitGraphError):
    """A file in the dataset does not decode as an image."""


class WeightsError(SummitGraphError):
    """The weights are of another model, damaged or unavailable."""


class CountFilesError(SummitGraphError):
    """A count folder is incomplete, damaged, or does not fit what it is combined with."""


class UnknownNameError(SummitGraphError):
    """A class, network, channel or query that does not exist, or a name that fits several."""


class NameTakenError(UsageError):
    """A file of this name exists, and was not to be replaced."""


class ModelError(SummitGraphError):
    """The model is unavailable, or cannot be captured or read as a convolutional classifier."""
