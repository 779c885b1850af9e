"""Write TOML: what the standard library only reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def to_toml(content: Mapping[str, Any]) -> str:
    """The TOML of nested mappings of text, numbers, truth values, lists of these, and lists of mappings.

    >>> print(to_toml({"name": "a", "b": {"c": [1, 2.5]}}))
    name = "a"
    <BLANKLINE>
    [b]
    c = [1, 2.5]
    <BLANKLINE>
    """
    return "\n".join(_lines(content, "")) + "\n"


def _lines(content: Mapping[str, Any], path: str) -> Iterator[str]:
    plain = {key: value for key, value in content.items() if not _is_table(value) and not _is_tables(value)}
    for key, value in plain.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in content.items():
        name = f"{path}{_key(key)}"
        if _is_table(value):
            yield from ("", f"[{name}]", *_lines(value, f"{name}."))
        elif _is_tables(value):
            for one in value:
                yield from ("", f"[[{name}]]", *_lines(one, f"{name}."))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _key(key: str) -> str:
    return key if key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key) else _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, float) and value != value:
        return "nan"
    return repr(value)
