"""Joins the explorer's JavaScript modules into one script, for pages without a server.

1. The modules that an entry imports come before it, each once.
2. A module becomes a function that runs once and returns what it exports.
3. An import becomes a constant that takes its names from the imported module's exports.

It reads what is in ``app/assets``: named imports, ``import * as``, and exports of declarations at the start
of a line, or of a list at the end. A module that is written otherwise is refused.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import\s+([^"]+?)\s+from\s+"(\.[^"]+)";$', re.MULTILINE)
_DECLARED = re.compile(r"^export (default )?((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_LIST = re.compile(r"\bexport\s*\{([^}]*)\};?\s*\Z")
_LEFT = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)


def bundle_modules(folder: Path, *entries: str) -> str:
    """One script with the modules in ``folder`` that ``entries`` name, and all that they import.

    An entry is a path such as ``graph.js``. The script defines the constant ``modules``: path below the
    folder -> what the module exports.

    Raises:
        ValueError: modules import each other in a circle, or one is written in another way than above.
    """
    done: dict[str, str] = {}
    for entry in entries:
        _add_module(folder.resolve(), entry, done, ())
    return "\n".join(["const modules = {};", *done.values()])


def _add_module(folder: Path, path: str, done: dict[str, str], importing: tuple[str, ...]) -> None:
    """Add a module behind the modules that it imports."""
    if path in importing:
        raise ValueError(f"modules import each other: {' > '.join([*importing, path])}")
    if path in done:
        return
    text = (folder / path).read_text("utf-8")
    named = {where: _path_of(folder, path, where) for _, where in _IMPORT.findall(text)}
    for imported in named.values():
        _add_module(folder, imported, done, (*importing, path))
    text = _IMPORT.sub(lambda found: _constant(found[1], named[found[2]]), text)
    done[path] = f'modules["{path}"] = (() => {{\n{_with_returned_exports(path, text)}\n}})();'


def _path_of(folder: Path, importing: str, where: str) -> str:
    return (folder / importing).parent.joinpath(where).resolve().relative_to(folder).as_posix()


def _constant(names: str, path: str) -> str:
    """``{ a, b as c }`` or ``* as terms`` of an import, as a constant."""
    left = names.removeprefix("* as ") if names.startswith("* as ") else names.replace(" as ", ": ")
    return f'const {left} = modules["{path}"];'


def _with_returned_exports(path: str, text: str) -> str:
    exported = [f"default: {name}" if default else name for default, _, name in _DECLARED.findall(text)]
    text = _DECLARED.sub(lambda found: found[2], text)
    if listed := _LIST.search(text):
        pairs = (one.split(" as ") for one in listed[1].split(",") if one.strip())
        exported += [f"{pair[-1].strip()}: {pair[0].strip()}" for pair in pairs]
        text = text[: listed.start()]
    if left := _LEFT.search(text):
        raise ValueError(f"{path}: cannot join {left[0].strip()!r}")
    return f"{text}\nreturn {{ {', '.join(exported)} }};"
