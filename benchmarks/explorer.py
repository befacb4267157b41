"""Response times of the explorer in a real browser, and its server's memory.

``python -m benchmarks.explorer http://127.0.0.1:8501 published --changes 500``: a running explorer and a
network of many classes are needed. Times are measured inside the page, from click to rendered result.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from scripts.install_browser import find_browser

#: Milliseconds from the click to the frame after the new class's channels are in the page.
_CHANGE = """title => new Promise((done) => {
  const hosts = [...document.querySelectorAll('*')];
  const root = hosts.find((one) => one.shadowRoot?.querySelector('.graph')).shadowRoot;
  const wait = (start) => root.querySelector('.panel h3')?.textContent.endsWith(title)
    ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(() => wait(start));
  addEventListener('pointerup', () => wait(performance.now()), { once: true, capture: true });
})"""
#: Milliseconds from pointing at each channel until its numbers are shown next to the graph.
_HOVER = """() => {
  const hosts = [...document.querySelectorAll('*')];
  const root = hosts.find((one) => one.shadowRoot?.querySelector('.graph')).shadowRoot;
  return [...root.querySelectorAll('[data-channel]')].map((node) => {
    const start = performance.now();
    node.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
    root.querySelector('.panel').getBoundingClientRect();
    return performance.now() - start;
  });
}"""


#: Each page's name, and a selector that matches when it has been rendered.
_SHOWN = {
    "Overview": "[data-class-row]",
    "Compare": "text=All channels",
    "Motifs": "text=Structures that recur",
    "Ask": "text=Question",
    "Graph": "[data-channel]",
}


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("network")
    parser.add_argument("--first", default="n04270147", help="the first class")
    parser.add_argument("--openings", type=int, default=5)
    parser.add_argument("--changes", type=int, default=500)
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        start = f"{asked.address}/graph?network={asked.network}&class={asked.first}"
        print(
            show(
                "first graph after opening",
                [_open_in_new_context(browser, start) for _ in range(asked.openings)],
            )
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        titles = _classes(page, f"{asked.address}/?network={asked.network}")
        for view, took in _views(
            page, f"{asked.address}/graph?network={asked.network}", list(titles)
        ).items():
            print(show(view, took))
        _open(page, start)
        print(show("pointing at a channel", page.evaluate(_HOVER)))
        _change_classes(page, titles, asked.changes, server_of(asked.address))
        browser.close()


def show(what: str, times: Sequence[float]) -> str:
    """Median, 95th percentile and largest of some milliseconds."""
    ordered = sorted(times)
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return (
        f"{what}: median {statistics.median(ordered):.1f} ms, 95 % {late:.1f} ms, most {ordered[-1]:.1f} ms"
    )


def _open_in_new_context(browser: Browser, address: str) -> float:
    """Open the page in a new browser context, without cached files or cookies."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    took = _open(page, address)
    page.close()
    return took


def _open(page: Page, address: str, mark: str = "[data-channel]") -> float:
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(mark).first.wait_for()
    return 1000 * (time.perf_counter() - start)


def _views(page: Page, graph: str, names: Sequence[str], *, rounds: int = 5) -> dict[str, list[float]]:
    """Milliseconds from the click on each page's name to its content, with two classes selected."""
    page.goto(f"{graph}&class={names[0]}&class={names[1]}")
    page.locator("[data-channel]").first.wait_for()
    times: dict[str, list[float]] = {view: [] for view in _SHOWN}
    for _ in range(rounds):
        for view, mark in _SHOWN.items():
            start = time.perf_counter()
            page.get_by_role("link", name=view, exact=True).click()
            page.wait_for_url(f"**/{'' if view == 'Overview' else view.lower()}?*")
            page.locator(mark).first.wait_for()
            times[view].append(1000 * (time.perf_counter() - start))
    channel = page.locator("[data-channel]").first.get_attribute("data-channel")
    where = f"{graph.replace('/graph', '/channel')}&channel={channel}"
    times["Channel, opened by its URL"] = [_open(page, where, "text=Show the Cypher") for _ in range(rounds)]
    return times


def _classes(page: Page, overview: str) -> dict[str, str]:
    """Name -> title, from the overview."""
    page.goto(overview)
    page.locator("[data-class-row]").first.wait_for()
    rows = "all => all.map(one => [one.dataset.classRow, one.querySelector('.title').textContent])"
    return dict(page.locator("[data-class-row]").evaluate_all(rows))


def _change_classes(page: Page, titles: dict[str, str], changes: int, server: psutil.Process) -> None:
    times: list[float] = []
    for at, name in enumerate(_random_walk(list(titles), changes)):
        times.append(_change(page, name, titles[name]))
        if at % 50 == 49:
            memory = f"after {at + 1} changes: server {server.memory_info().rss / 2**20:.0f} MiB"
            print(show(f"{memory}; another class", times[-50:]), flush=True)


def _random_walk(names: Sequence[str], changes: int) -> Iterator[str]:
    """A different class each time."""
    chance, last = random.Random(1), ""
    for _ in range(changes):
        last = chance.choice([name for name in names if name != last])
        yield last


def _change(page: Page, name: str, title: str) -> float:
    """Select a class in the picker; returns milliseconds from the click to the picture."""
    _find_in_picker(page, name)
    page.evaluate(f"title => {{ window.changed = ({_CHANGE})(title); }}", f"of {title}")
    page.get_by_role("option", name=name).click()
    return float(page.evaluate("window.changed"))


def _find_in_picker(page: Page, name: str) -> None:
    """Type the title until it is listed, because input during a rerun of the page is lost."""
    for _ in range(5):
        page.get_by_role("combobox").last.fill(name)
        with suppress(TimeoutError):
            page.get_by_role("option", name=name).wait_for(timeout=5000)
            return
        page.keyboard.press("Escape")
    raise SystemExit(f"the picker does not list {name}")


def server_of(address: str) -> psutil.Process:
    """The explorer's process, by the port that it listens on."""
    port = urlsplit(address).port
    found = next(
        one for one in psutil.net_connections("tcp") if one.laddr.port == port and one.status == "LISTEN"
    )
    return psutil.Process(found.pid)


if __name__ == "__main__":
    main()
