"""What can go wrong, as a small family of exceptions; each message is one sentence with its remedy."""

import re

#: What may be a login before an address's host: ``user:secret@``.
_LOGIN = re.compile(r"(?<=://)[^\s'\"]*@")


def hide_logins(text: str) -> str:
    """The text, with ``…`` for what precedes an ``@`` in an address: it may be a password."""
    return _LOGIN.sub("…@", text)


class SummitGraphError(Exception):
    """Something the user can act on: the message names the culprit and what to do (exit code 1)."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(hide_logins(message))


class UsageError(SummitGraphError):
    """The command was called wrongly (exit code 2)."""

    exit_code = 2


class DatabaseError(SummitGraphError):
    """The database cannot be reached, refuses us, or lacks what we need (exit code 4)."""

    exit_code = 4


class TransactionTooLargeError(DatabaseError):
    """The server has too little memory for what one transaction changes."""


class UnreadableImageError(SummitGraphError):
    """A file in the dataset does not decode as an image."""


class WeightsError(SummitGraphError):
    """The weights are not those of an InceptionV1, are damaged, or cannot be had."""


class CountFilesError(SummitGraphError):
    """A count folder is incomplete, damaged, or does not fit what it is combined with."""


class UnknownNameError(SummitGraphError):
    """A class, network, channel or query that does not exist, or a name that fits several."""


class ModelError(SummitGraphError):
    """The model cannot be had, captured or read as a convolutional classifier."""
