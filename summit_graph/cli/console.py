"""Output of commands: results on stdout, messages and progress on stderr, errors in one line."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from summit_graph.errors import SummitGraphError, hide_logins
from summit_graph.names import visible
from summit_graph.system.listener import Listener

DONE, FAILED, USAGE, SKIPPED, DATABASE, INTERRUPTED = 0, 1, 2, 3, 4, 130
#: The exit code that a shell reports for other programs whose reader has ended (SIGPIPE).
PIPE_CLOSED = 141


class _Stderr:
    """The current stderr; a message that cannot be written is dropped."""

    @property
    def encoding(self) -> str:
        return getattr(sys.stderr, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream().flush()

    def isatty(self) -> bool:
        return sys.stderr is not None and self._stream().isatty()

    def fileno(self) -> int:
        return self._stream().fileno()

    def _stream(self) -> IO[str]:
        # While a progress bar is shown, sys.stderr is a proxy for the bar's console, which writes here.
        return getattr(sys.stderr, "rich_proxied_file", sys.stderr)


messages = Console(file=cast("IO[str]", _Stderr()), highlight=False)


class OutputError(SummitGraphError):
    """The result cannot be written to stdout."""


class ClosedPipeError(Exception):
    """The reader of stdout has ended, as ``head`` does: no error, but the rest cannot be written."""


def prepare_streams() -> None:
    """Make the three standard streams usable even if some of them are closed.

    A closed stream is opened on the null device; otherwise the next opened file would get its number. stdout
    is then read-only, so that writing a result fails. Characters that the encoding lacks are written as
    ``\\uXXXX``.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_RDWR)
    sys.stdin = sys.stdin or os.fdopen(0, "r", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    codecs.register_error("as_in_json", _as_in_json)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="as_in_json")


def _as_in_json(error: UnicodeError) -> tuple[str, int]:
    """Replace characters by JSON escapes, so that JSON stays valid."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


def finish_output() -> None:
    """Flush stdout.

    Raises:
        OutputError: it cannot be written.
        ClosedPipeError: nobody reads it any more.
    """
    with _output_errors():
        sys.stdout.flush()


def drop_output() -> None:
    """Discard output that cannot be written; otherwise the interpreter retries at exit and reports it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _output_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ClosedPipeError from None  # typer would exit with 1
    except OSError as error:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        raise OutputError(f"cannot write to standard output ({reason}): redirect it with > FILE") from None


def say(text: str) -> None:
    """Print a message on stderr in one line, with control characters escaped and logins hidden."""
    messages.print(visible(hide_logins(text)), markup=False, soft_wrap=True)


def print_data(text: str) -> None:
    """Print a result on stdout; on a terminal, with control characters escaped."""
    shown = visible(text, keep="\n\t") if sys.stdout.isatty() else text
    with _output_errors():
        sys.stdout.write(shown.rstrip("\n") + "\n")


def print_json(value: Any) -> None:
    """Print a result on stdout as JSON in one line."""
    print_data(json.dumps(value, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a result on stdout as a table; if stdout is no terminal, as tab-separated values.

    Tabs, newlines and other control characters in a value are escaped as ``\\t``, ``\\n``, ``\\x1b``.
    """
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            print_data("\t".join(_cell(value) for value in row))
        return
    table = Table(*map(visible, columns), header_style="bold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    with _output_errors():
        Console(highlight=False).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


class _Rate(ProgressColumn):
    """Steps per second with their unit."""

    def render(self, task: Task) -> Text:
        """``12.3 images/s``; empty before the first step and for steps without a unit."""
        speed, unit = task.finished_speed or task.speed, task.fields["unit"]
        return Text(f"{speed:,.1f} {unit}/s" if speed and unit else "")


class ProgressBar:
    """A progress bar with rate and remaining time."""

    def __init__(self, display: Progress, task: TaskID) -> None:
        self._display = display
        self._task = task

    @property
    def listener(self) -> Listener:
        """Shows the stages and classes of a function."""
        return Listener(self.begin, lambda name: self.advance(), on_download=self._show_download)

    def _show_download(self, received: int, total: int) -> None:
        done, all_ = (round(size / 1e6) for size in (received, total))
        self.show(description="downloading Neo4j and GDS (MB, once)", done=done, total=all_)

    def advance(self, steps: int = 1) -> None:
        """Add completed steps."""
        self._display.advance(self._task, steps)

    def begin(self, description: str, total: int) -> None:
        """Start another stage with ``total`` steps, 0 if unknown. Non-terminals get one line."""
        if not messages.is_terminal:
            say(f"{description} …")
        self._display.reset(self._task, description=visible(description), total=total or None)

    def show(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        description: str | None = None,
        note: str | None = None,
    ) -> None:
        """Set the given values and keep the others."""
        shown = None if description is None else visible(description)
        given: dict[str, Any] = {"completed": done, "total": total, "description": shown, "note": note}
        self._display.update(self._task, **{key: value for key, value in given.items() if value is not None})


@contextmanager
def progress_bar(
    description: str, *, unit: str | None, total: int | None = None, shown: bool = True
) -> Iterator[ProgressBar]:
    """A progress bar on stderr until the block ends; ``unit`` is the unit of its steps, if any.

    Elsewhere than on a terminal only its final state is printed, if the block did not fail.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    live = messages.is_terminal and not messages.is_dumb_terminal
    with Progress(*columns, console=messages, disable=not (shown and live)) as display:
        task = display.add_task(visible(description), total=total, unit=unit, note="")
        try:
            yield ProgressBar(display, task)
        except SummitGraphError:
            display.remove_task(task)  # the error message replaces it
            raise
    if shown and not live:
        messages.print(display)


@contextmanager
def spinner(description: str) -> Iterator[None]:
    """A spinner on stderr for work without countable steps; only on a terminal."""
    with messages.status(description):
        yield
