"""The ``summit-graph`` command and ``python -m summit_graph``, which ``torchrun`` starts on every process.

``-m`` puts the current folder first on the import path: a ``random.py`` among the images would be run.
Ctrl-C while the commands are imported ends the process at once: an exception there may be ignored, or shown
with its traceback by the import system.
"""

import os
import signal
import sys
from types import FrameType


def main() -> None:
    """Import the commands and run the command line."""
    taken = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else it is ignored, as by nohup
    if taken:
        signal.signal(signal.SIGINT, _end)
    from summit_graph.cli import main as run_command_line

    try:
        if taken:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run_command_line()
    except KeyboardInterrupt:  # outside of what handles it
        _end()


def _end(number: int = signal.SIGINT, frame: FrameType | None = None) -> None:
    os.write(2, b"Interrupted.\n")
    os._exit(130)  # cli.console.INTERRUPTED, which may not be imported yet


if __name__ == "__main__":
    if not sys.flags.safe_path and sys.path[0] == os.getcwd():
        del sys.path[0]
    main()
