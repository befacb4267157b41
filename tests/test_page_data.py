"""The data that Python passes to the page: the same fields and types in Python and in JavaScript."""

from __future__ import annotations

import re
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

from summit_graph.display import page_data
from summit_graph.settings import package_folder

APP = package_folder("app")
PYTHON = vars(page_data)
JAVASCRIPT = (APP / "assets" / "data.js").read_text("utf-8")
SIMPLE = {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}
Fields = dict[str, str]


def test_both_sides_declare_the_same_data() -> None:
    """Fails if a field is added, removed, renamed or typed differently on one side."""
    assert typedefs() == typed_dicts()


def typedefs() -> dict[str, Fields | str]:
    """Name -> fields of the objects that data.js declares, and its unions of texts."""
    found: dict[str, Fields | str] = {}
    for comment in re.findall(r"/\*\*.*?\*/", JAVASCRIPT, re.DOTALL):
        kind, name = re.search(r"@typedef \{(.*)\} (\w+)", comment).groups()
        fields = re.findall(r"@property \{(.*)\} (\w+)", comment)
        found[name] = {field: type_ for type_, field in fields} if kind == "object" else kind
    return found


def typed_dicts() -> dict[str, Fields | str]:
    """The same for page_data.py: the components' data and all its parts."""
    left = [value for name, value in PYTHON.items() if name.endswith("Data") and is_typeddict(value)]
    found: dict[str, Fields | str] = {}
    while left:
        one = left.pop()
        if is_typeddict(one):
            hints = get_type_hints(one, globalns=PYTHON)
            found[one.__name__] = {field: as_javascript(hint) for field, hint in hints.items()}
            left += [part for hint in hints.values() for part in parts_of(hint)]
        else:
            found[name_of(one)] = " | ".join(f'"{text}"' for text in get_args(one))
    return found


def parts_of(hint: Any) -> list[Any]:
    """The typed dicts and unions of texts within a type."""
    if is_typeddict(hint) or get_origin(hint) is Literal:
        return [hint]
    return [part for argument in get_args(hint) for part in parts_of(argument)]


def as_javascript(hint: Any) -> str:
    """A type in JSDoc syntax."""
    arguments = [as_javascript(argument) for argument in get_args(hint) if get_origin(hint) is not Literal]
    if get_origin(hint) is list:
        return f"({arguments[0]})[]" if " | " in arguments[0] else f"{arguments[0]}[]"
    if get_origin(hint) is tuple:
        return f"[{', '.join(arguments)}]"
    if get_origin(hint) is dict:
        return f"Record<{', '.join(arguments)}>"
    if isinstance(hint, UnionType) or arguments:
        return " | ".join(arguments)
    return SIMPLE.get(hint) or name_of(hint)


def name_of(hint: Any) -> str:
    """The name of a type in page_data.py."""
    return next(name for name, value in PYTHON.items() if value == hint)
