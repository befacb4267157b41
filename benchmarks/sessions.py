"""Response times of the explorer with many sessions at once, and its server's memory.

``python -m benchmarks.sessions http://127.0.0.1:8501 atlas --changes 20``: a running explorer is needed.
Each session is a WebSocket as of a browser's tab: it opens the graph page, then changes its class after
random pauses, and runs the page's timers meanwhile. Times are from the request of a class until its page is
complete at the client; browsers then draw it.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

import summit_graph
from benchmarks.explorer import server_of, show

#: A session that gets no answer for this long fails.
SECONDS = 120


def main() -> None:
    """Print the measurements; end with an error if a page shows an exception."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("network")
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--pause", type=float, default=10, help="seconds between changes, on average")
    asked = parser.parse_args()
    with summit_graph.connect(network=asked.network) as summit:
        names = summit.classes()["name"].tolist()
    server = server_of(asked.address)
    before, used, start = _memory(server), _processor_seconds(server), time.monotonic()
    with ThreadPoolExecutor(asked.sessions) as pool:
        runs = [
            pool.submit(change_classes, asked.address, asked.network, names, asked.changes, asked.pause, seed)
            for seed in range(asked.sessions)
        ]
        times = [run.result() for run in runs]
    print(show(f"first graph in {asked.sessions} sessions that open at once", [one[0] for one in times]))
    print(show("another class", [took for one in times for took in one[1:]]))
    took, busy = time.monotonic() - start, _processor_seconds(server) - used
    print(
        f"server: {before:.0f} MiB before, {_memory(server):.0f} after; {busy:.0f} of {took:.0f} s on a core"
    )


def _memory(process: psutil.Process) -> float:
    """MiB."""
    return float(process.memory_info().rss / 2**20)


def _processor_seconds(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def change_classes(
    address: str, network: str, names: Sequence[str], changes: int, pause: float, seed: int
) -> list[float]:
    """Milliseconds of the first class's page, and of each change, in one session."""
    chance = random.Random(seed)
    with connect(
        f"ws://{urlsplit(address).netloc}/_stcore/stream",
        origin=Origin(address),
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        open_timeout=SECONDS,
    ) as connection:
        tab = Tab(connection, network)
        times = [tab.show_class(chance.choice(names))]
        for _ in range(changes):
            tab.wait(chance.expovariate(1 / pause))
            times.append(tab.show_class(chance.choice([one for one in names if one != tab.shown])))
        return times


@dataclass
class Tab:
    """One session.

    Attributes:
        connection: its WebSocket.
        network: whose classes it shows.
        shown: the class.
        timers: seconds between the runs of each part of the page that runs by itself.
    """

    connection: ClientConnection
    network: str
    shown: str = ""
    timers: dict[str, float] = field(default_factory=dict)

    def show_class(self, name: str) -> float:
        """Milliseconds until the class's page is complete."""
        self.shown = name
        self.timers.clear()
        return self._run()

    def wait(self, seconds: float) -> None:
        """Look at the page for some seconds, with its timers running."""
        end = time.monotonic() + seconds
        due = {part: time.monotonic() + every for part, every in self.timers.items()}
        while due and (at := min(due.values())) < end:
            time.sleep(max(0, at - time.monotonic()))
            part = min(due, key=lambda one: due[one])
            self._run(part)
            due[part] = time.monotonic() + self.timers[part]
        time.sleep(max(0, end - time.monotonic()))

    def _run(self, part: str = "") -> float:
        """Run the page, or a part of it; milliseconds until it is complete."""
        request = BackMsg()
        state = request.rerun_script
        state.query_string = urlencode({"network": self.network, "class": self.shown})
        state.page_name, state.fragment_id, state.is_auto_rerun = "graph", part, bool(part)
        start = time.perf_counter()
        self.connection.send(request.SerializeToString())
        shows_class = bool(part)
        while not self._is_last(answer := self._receive()):
            shows_class |= self.shown in str(answer.delta.new_element)
        if not shows_class:
            raise SystemExit(f"the page does not show class {self.shown}")
        return 1000 * (time.perf_counter() - start)

    def _receive(self) -> ForwardMsg:
        answer = ForwardMsg()
        received = self.connection.recv(timeout=SECONDS)
        assert isinstance(received, bytes)
        answer.ParseFromString(received)
        return answer

    def _is_last(self, answer: ForwardMsg) -> bool:
        """Whether the run has ended; notes the page's timers.

        Raises:
            SystemExit: the page shows an exception.
        """
        if answer.HasField("auto_rerun"):
            self.timers[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
        if answer.delta.new_element.HasField("exception"):
            raise SystemExit(f"class {self.shown}: {answer.delta.new_element.exception.message}")
        return answer.HasField("script_finished")


if __name__ == "__main__":
    main()
