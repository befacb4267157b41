"""README and docs/: links, command lines, and the documentation site."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.main import get_command

from summit_graph.cli import app
from summit_graph.settings import PACKAGE
from summit_graph.store.queries import list_queries
from tests.code_blocks import PAGES, code_blocks
from tests.test_cli import commands

ROOT = PACKAGE.parent
#: Pages that only the repository has a place for.
LINKED = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors that forges give to a page's headings."""
    headings = re.findall(r"^#+ +(.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    """Of the pages as they are in the repository; links to other servers are not followed."""
    for link in re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", prose(page)):
        path, _, anchor = link.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


def command_lines(page: Path) -> list[str]:
    """The command lines in a page's blocks, also in those that are not run."""
    lines = [line for block in code_blocks(page, "sh") for line in block.lines()]
    return [line for line in lines if line.startswith("summit-graph ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_is_accepted_by_the_parser(page: Path) -> None:
    """Kind: documentation of options that were renamed. The commands themselves are not run."""
    for line in command_lines(page):
        command, words = get_command(app), shlex.split(line.split(" | ")[0], comments=True)[1:]
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context(line, words)


class Elements(HTMLParser):
    """Ids and links of a page of the site."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or given.get("name") or "")
        self.links.extend(filter(None, (given.get("href"), given.get("src"))))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Elements]:
    """Every page of the site by its file, built as ``make docs`` builds it: a warning is an error."""
    folder = tmp_path_factory.mktemp("site").resolve()
    command = [sys.executable, "-P", "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {file: Elements(file.read_text("utf-8")) for file in folder.rglob("*.html")}


def links_within(site: dict[Path, Elements]) -> Iterator[tuple[Path, str, Path, str]]:
    """Each link of a page that stays in the site: page, link, file and anchor."""
    for page, elements in site.items():
        if page.name == "404.html":  # its links begin at the server's root
            continue
        for link in elements.links:
            path, _, anchor = unquote(link).partition("#")
            if not re.match(r"[a-z]+:|//", link):
                yield page, link, (page.parent / path).resolve() if path else page, anchor


def test_every_link_of_the_site_leads_somewhere(site: dict[Path, Elements]) -> None:
    """To a file, and to an element with the anchor as its id; generated parts included."""
    broken = [
        (page.name, link)
        for page, link, file, anchor in links_within(site)
        if not file.exists() or (anchor and file in site and anchor not in site[file].ids)
    ]
    assert broken == []


def test_the_site_loads_nothing_from_other_servers(site: dict[Path, Elements]) -> None:
    """No fonts, scripts or pictures."""
    pages = [page.read_text("utf-8") for page in site]
    assert not [text for text in pages if re.search(r'(src="|rel="stylesheet" href=")(https?:)?//', text)]


def test_the_site_has_every_command_query_and_method(site: dict[Path, Elements]) -> None:
    """These parts are made from the code."""
    ids = {page.name: elements.ids for page, elements in site.items()}
    assert {f"summit-graph-{'-'.join(command)}" for command in commands()} <= ids["commands.html"]
    assert {query.name for query in list_queries()} <= ids["cypher.html"]
    assert {"summit_graph.api.connect", "summit_graph.api.Connection.query"} <= ids["python-api.html"]


def test_the_site_has_every_page(site: dict[Path, Elements]) -> None:
    """Those of docs/, also if the navigation does not list one, and those of the repository's root."""
    built = {page.stem for page in site}
    assert {page.stem.lower() for page in LINKED} - {"readme"} <= built
    assert "index" in built
