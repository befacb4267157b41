"""Start of ``import summit_graph`` and of the command, beside bare Python: ``python -m benchmarks.startup``.

Each is the shortest of RUNS runs, as CPU seconds of the process and as a ratio to Python that does nothing.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

RUNS = 10
PROGRAMS = {
    "python -c pass": ["-c", "pass"],
    "import summit_graph": ["-c", "import summit_graph"],
    "summit-graph --help": ["-m", "summit_graph", "--help"],
    "summit-graph query": ["-m", "summit_graph", "query"],
}


def main() -> None:
    """Print the table."""
    bare = None
    print("| | CPU seconds | wall-clock seconds | ratio of CPU seconds |\n|---|---|---|---|")
    for name, words in PROGRAMS.items():
        runs = [measure(words) for _ in range(RUNS)]
        cpu, wall = (min(values) for values in zip(*runs, strict=True))
        bare = bare or cpu
        print(f"| `{name}` | {cpu:.3f} | {wall:.3f} | {cpu / bare:.1f} |")


def measure(words: list[str]) -> tuple[float, float]:
    """CPU seconds and wall-clock seconds of a Python process."""
    before, start = used(), time.perf_counter()
    subprocess.run([sys.executable, "-P", *words], check=True, stdout=subprocess.DEVNULL)
    return used() - before, time.perf_counter() - start


def used() -> float:
    """CPU seconds of the child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
