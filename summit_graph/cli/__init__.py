"""The ``summit-graph`` command: one module per group of commands; heavy imports are inside the commands.

``counting`` (aggregate, ingest, merge; options in ``counting_options``, runs in ``counting_runs`` and
``torchrun_runs``), ``networks`` (load, rank, rm), ``graphs`` (graph, compare, neighbours, less-contributing,
embed), ``labels`` (label, find), ``motifs``, ``channel_groups`` (groups), ``faithfulness``, ``queries``,
``exchange`` (import, export), ``pictures`` (render, examples, sheet), ``explorer`` (explore, demo;
``live_demo``), ``doctor``, ``server`` (db), ``models`` (model). ``options`` has the shared options,
``console`` the output.
"""

from __future__ import annotations

import errno
import logging
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated

import typer

from summit_graph import __version__
from summit_graph.cli import (
    channel_groups,
    counting,
    doctor,
    exchange,
    explorer,
    faithfulness,
    graphs,
    labels,
    models,
    motifs,
    networks,
    pictures,
    queries,
    server,
)
from summit_graph.cli.console import (
    DATABASE,
    DONE,
    FAILED,
    INTERRUPTED,
    PIPE_CLOSED,
    USAGE,
    ClosedPipeError,
    OutputError,
    drop_output,
    finish_output,
    prepare_streams,
    print_data,
    say,
)
from summit_graph.errors import SummitGraphError, first_line, hide_logins, plain_reason
from summit_graph.names import visible

app = typer.Typer(
    name="summit-graph",
    help="Summit's attribution graphs of an image classifier, class by class, in Neo4j.",
    epilog="Example: summit-graph ingest photos/ && summit-graph graph lion",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(server.app, name="db")
app.add_typer(models.app, name="model")
for group in (
    counting,
    networks,
    graphs,
    labels,
    motifs,
    channel_groups,
    faithfulness,
    queries,
    exchange,
    pictures,
    explorer,
    doctor,
):
    app.registered_commands.extend(group.app.registered_commands)


def _show_version(wanted: bool) -> None:
    if wanted:
        print_data(f"summit-graph {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show errors with their traceback.")] = False,
) -> None:
    """Options before the command; ``main`` also accepts ``--debug`` after it."""
    from summit_graph.settings import check_variables

    check_variables()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit with its code (SPEC 7)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    prepare_streams()
    try:
        sys.exit(_run([word for word in words if word != "--debug"], debug=debug))
    finally:
        drop_output()


class _Retries(logging.Handler):
    """Says in one line that the driver repeats a transaction; its other messages are also errors."""

    def emit(self, record: logging.LogRecord) -> None:
        """Called by the driver for each of its messages."""
        if record.msg.startswith("Transaction failed and will be retried") and record.args:
            error = record.args[-1] if isinstance(record.args, tuple) else record.args
            say(f"The database did not finish a transaction, which is repeated ({first_line(error)})")


logging.getLogger("neo4j").addHandler(_Retries())


def _run(words: list[str], *, debug: bool) -> int:
    try:
        code = app(words, prog_name="summit-graph", standalone_mode=False) or DONE
        if code == INTERRUPTED:  # what typer makes of it
            raise KeyboardInterrupt
        finish_output()
        return code
    except (typer.Abort, KeyboardInterrupt):
        say("Interrupted.")
        return INTERRUPTED
    except (ClosedPipeError, SystemExit):  # rich and typer exit with 1 when a reader of help texts ends
        return PIPE_CLOSED
    except Exception as error:
        if debug:
            sys.stderr.write(visible(hide_logins(traceback.format_exc()), keep="\n"))
        return _report(_output_error() or error)


def _keep_near_names(error: Exception) -> None:
    """Suggest the options that a mistyped one may mean, not all that share some letters."""
    mistyped, offered = getattr(error, "option_name", None), getattr(error, "possibilities", None)
    if mistyped and offered:
        near = get_close_matches(mistyped, offered, n=1, cutoff=_NEAR)
        error.possibilities = near  # type: ignore[attr-defined]  # typer's own list


def _output_error() -> OutputError | None:
    """The error of writing pending output to stdout, if it cannot be written."""
    try:
        finish_output()
    except ClosedPipeError:
        return None
    except OutputError as error:
        return error
    return None


#: How alike a mistyped option and a suggested one are, at least: 1 if they are equal.
_NEAR = 0.8
#: Error numbers of a full disk, an exhausted quota and a file size limit.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ADVICE = " (free some space, then run the same command again: finished work is kept)"


def _report(error: Exception) -> int:
    """Print the error in one line; returns the exit code."""
    if hasattr(error, "format_message"):  # wrong usage; its class is elsewhere in other releases of typer
        _keep_near_names(error)
        if message := error.format_message():  # empty if a command without arguments showed its help
            command = getattr(getattr(error, "ctx", None), "command_path", "summit-graph")
            say(f"Error: {' '.join(plain_reason(message).split())} (see {command} --help)")
        return USAGE
    if isinstance(error, SummitGraphError):
        say(f"Error: {error}")
        return error.exit_code
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        say(f"Error: {error.strerror or error}{where}{_ADVICE if error.errno in _NO_ROOM else ''}")
        return FAILED
    if type(error).__module__.startswith("neo4j"):
        say(f"Error: the database says: {first_line(error)}")
        return DATABASE
    if type(error).__name__ == "OutOfMemoryError":  # torch's, without importing it
        say("Error: the GPU has too little free memory: end what else uses it, or use --device cpu")
        return FAILED
    message = " ".join(str(error).split())
    say(f"Error: {type(error).__name__}: {message} (this is a defect; --debug shows where)")
    return FAILED
