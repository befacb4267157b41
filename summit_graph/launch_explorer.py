"""Starts the Streamlit explorer in ``app/`` as a separate process."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from summit_graph.errors import SummitGraphError, UsageError
from summit_graph.settings import package_folder
from summit_graph.system.child_processes import without_secrets
from summit_graph.system.operating_system import detached, out_of_reach_of_ctrl_c
from summit_graph.system.owners import this_owner
from summit_graph.system.ports import answers, check_port, reachable

#: Ports to try if none is given.
_PORTS = range(8501, 8551)
#: Interval of checks whether the explorer accepts connections.
_LOOK_SECONDS = 0.1


def run_explorer(
    *,
    host: str,
    port: int | None,
    browser: bool,
    uri: str | None,
    say: Callable[[str], None],
    allow_hosts: Sequence[str] = (),
    queries: Path | None = None,
) -> None:
    """Serve the explorer until Ctrl-C or SIGTERM.

    Args:
        host: the address to serve at; ``127.0.0.1`` is reachable only from this machine.
        port: None for the first free port from 8501.
        browser: whether to open a browser window.
        uri: the database's address; None to use the environment.
        allow_hosts: names, with or without a port, that a proxy serves the explorer as.
        queries: a folder of the user's own queries; None to use the environment.
        say: called with the address when the explorer accepts connections.

    Raises:
        SummitGraphError: the port is in use, or the address is not one of this machine.
    """
    free = _free_port(host, port)
    environment = os.environ | {"SUMMIT_GRAPH_ALLOW_HOSTS": " ".join(_checked(allow_hosts))}
    environment |= {"SUMMIT_GRAPH_STARTER": this_owner()}
    environment |= {"NEO4J_URI": uri} if uri else {}
    environment |= {"SUMMIT_GRAPH_QUERIES": str(queries.absolute())} if queries else {}
    code = 0
    with _signals_as_interrupt(), _running(_command(host, free), environment) as process:
        if _wait_for_answer(process, host, free):
            address = f"http://{reachable(host)}:{free}{_base_path()}"
            say(f"The explorer is at {address} (Ctrl-C ends it)")
            if browser:
                _open_browser(address)
        code = process.wait()
    if code:
        raise SummitGraphError(f"the explorer ended with exit code {code}")


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that Ctrl-C ends, and with it the block.

    It is in a process group of its own, because Streamlit prints ``Aborted!`` if the terminal interrupts it.
    Its standard input is a pipe that closes when this process ends, however it ends: then it ends too
    (``app/server.py``). Its errors go to stderr; what it prints on stdout would only repeat ours.
    """
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        **out_of_reach_of_ctrl_c(),
    )
    assert process.stdin is not None
    try:
        yield process
    except KeyboardInterrupt:
        process.terminate()
    finally:
        process.stdin.close()
        process.wait()


def _checked(hosts: Sequence[str]) -> Sequence[str]:
    for host in hosts:
        if not re.fullmatch(r"[^\s/@*]+", host):
            raise UsageError(
                f"--allow-host takes a name such as example.org or example.org:8443, not {host!r}"
            )
    return hosts


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """Handle SIGTERM (a container stops) and SIGHUP (a terminal closes) like Ctrl-C: all processes end."""
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    former = {one: signal.getsignal(one) for one in signals}
    handled = [one for one in signals if former[one] != signal.SIG_IGN]  # nohup ignores SIGHUP
    for one in handled:
        signal.signal(one, signal.default_int_handler)
    try:
        yield
    finally:
        for one in handled:
            signal.signal(one, former[one])


def _command(host: str, port: int) -> list[str]:
    options = {
        "server.port": port,
        "server.address": host,
        "server.baseUrlPath": _base_path(),
        # Otherwise Streamlit asks for an e-mail address at its first start and opens a browser.
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "logger.hideWelcomeMessage": "true",  # its address comes from a web service
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-P", "-m", "streamlit", "run", str(package_folder("app") / "server.py"), *flags]


def _base_path() -> str:
    """The path below which a proxy serves the explorer, from Streamlit's own variable: "" or "/path"."""
    return f"/{os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/')}".rstrip("/")


def _wait_for_answer(process: subprocess.Popen[bytes], host: str, port: int) -> bool:
    """Wait until the explorer accepts connections; False if it ends before."""
    while process.poll() is None:
        if answers(host, port):
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def _open_browser(address: str) -> None:
    """Open the browser in a separate process: some browsers block or print messages."""
    silent = subprocess.DEVNULL
    subprocess.Popen(
        [sys.executable, "-P", "-m", "webbrowser", address],
        env=without_secrets(),
        stdin=silent,
        stdout=silent,
        stderr=silent,
        **detached(),
    )


def _free_port(host: str, wanted: int | None) -> int:
    for port in _PORTS if wanted is None else [wanted]:
        try:
            check_port(host, port)
            return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SummitGraphError(
                    f"cannot serve at {host}, port {port} ({error.strerror}): name an address of this "
                    "machine with --host, and a port that you may use with --port"
                ) from None
    taken = f"port {wanted} is taken" if wanted else f"no port from {_PORTS[0]} to {_PORTS[-1]} is free"
    raise SummitGraphError(f"{taken}: name another with --port")
