"""Why the driver could not connect, in a few words instead of its own text."""

from __future__ import annotations

import ssl
from collections.abc import Iterator


def why_unreachable(error: BaseException) -> str:
    """The system's reason, such as "Connection refused"; empty if there is none."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return getattr(cause, "verify_message", None) or "it takes no encrypted connection"
        if isinstance(cause, TimeoutError):
            return "no answer in time"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return "a web server answers there" if any("HTTP" in str(cause) for cause in causes) else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes; of several errors at once, all."""
    while error is not None:
        yield error
        for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
            yield from _causes(one)
        error = error.__cause__ or error.__context__
