"""Makes parts of the documentation site while it is built; mkdocs calls the functions ``on_…`` (mkdocs.yml).

1. README, CHANGELOG, CONTRIBUTING and SECURITY become pages; what a page links or shows outside ``docs/``
   becomes a file of the site.
2. Links are those of the repository, where README links ``docs/tour.md``; in the site they lead to its pages.
3. A marker such as ``<!-- every named query -->`` is replaced by text made from the code.
4. A page of ``docs/`` that the navigation does not list is added to its end.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from summit_graph.store.queries import Parameter, Query, list_queries

ROOT = Path(__file__).parent.parent
#: Pages outside ``docs/``: their paths in the repository and in the site.
ROOT_PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
#: Parameters that commands fill in.
FILLED_IN = ("Network.name", "Network.activation", "Network.relevance", "Network.against")
#: A relative link's target in Markdown, without its anchor.
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_config(config: MkDocsConfig) -> None:
    """Add pages that the navigation does not list to its last section."""
    listed = {page for section in config.nav or [] for pages in section.values() for page in pages}
    *_, last = config.nav or [{"Pages": []}]
    there = {file.relative_to(config.docs_dir).as_posix() for file in Path(config.docs_dir).rglob("*.md")}
    next(iter(last.values())).extend(sorted(there - listed))


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages outside ``docs/``, and the files there that pages link."""
    for path, name in ROOT_PAGES.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text("utf-8")))
    for page in files.documentation_pages():
        for path in sorted(linked_paths(page.content_string, repository_path(page.src_uri))):
            if files.get_file_from_path(site_path(path)) is None and (ROOT / path).is_file():
                files.append(File.generated(config, site_path(path), abs_src_path=str(ROOT / path)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with the site's links and the generated parts."""
    path = repository_path(page.file.src_uri)
    here = posixpath.dirname(page.file.src_uri)

    def in_site(link: re.Match[str]) -> str:
        return posixpath.relpath(site_path(target(link[1], path)), here or ".")

    text = LINK.sub(in_site, markdown)
    for marker, make in GENERATED.items():
        if marker in text:
            text = text.replace(marker, make())
    return text


def repository_path(page: str) -> str:
    """The path in the repository of a page of the site."""
    return {page: path for path, page in ROOT_PAGES.items()}.get(page, f"docs/{page}")


def site_path(path: str) -> str:
    """The path in the site of a file of the repository."""
    return ROOT_PAGES.get(path, path.removeprefix("docs/"))


def linked_paths(markdown: str, path: str) -> set[str]:
    """The paths in the repository that a file's relative links lead to."""
    return {target(link, path) for link in LINK.findall(markdown)}


def target(link: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def commands_text() -> str:
    """The help of every command: typer's own documentation, without its list of commands."""
    import typer
    from typer.cli import get_docs_for_click

    from summit_graph.cli import app

    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="summit-graph")
    return "".join(text.partition("\n## ")[1:]).replace("\n## ", "\n### ")


def queries_text() -> str:
    """A chapter for each named query: what it answers, its command, parameters, columns and Cypher."""
    return "\n\n".join(map(query_text, list_queries()))


def query_text(query: Query) -> str:
    given = [one for one in query.parameters if one.meaning not in FILLED_IN]
    words = " ".join(f"-p {one.name}={one.name.upper()}" for one in given if one.default is None)
    cypher = query.text.strip().replace("\n", "\n    ")
    parts = [
        f"### `{query.name}`",
        query.description,
        f"```sh\nsummit-graph query {query.name} {words}\n```",
        "\n".join(map(parameter_text, given)),
        f"Columns: {', '.join(f'`{column}`' for column in query.columns)}.",
        f"The network needs: {', '.join(query.needs)}." if query.needs else "",
        f'??? note "Cypher"\n\n    ```cypher\n    {cypher}\n    ```',
    ]
    return "\n\n".join(filter(None, parts))


def parameter_text(parameter: Parameter) -> str:
    """A line of the list of parameters; a class, channel or layer is given by name."""
    kind = (parameter.meaning or parameter.type).partition(".")[0].lower()
    several = "several of: " if parameter.takes_list and parameter.meaning else ""
    default = f", {parameter.default} unless given" if parameter.default is not None else ""
    return f"- `{parameter.name}`: {several}{kind}{default}"


def python_text() -> str:
    """The directive with which mkdocstrings shows the docstrings."""
    return "::: summit_graph.api"


#: Markers in pages, and what replaces them.
GENERATED: dict[str, Callable[[], str]] = {
    "<!-- the help of every command -->": commands_text,
    "<!-- every named query -->": queries_text,
    "<!-- every function of the Python API -->": python_text,
}
