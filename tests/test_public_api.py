"""The public names and their signatures are frozen in public_api.txt.

A change here is a change for users: note it in CHANGELOG.md; `python tests/test_public_api.py` writes the file anew.
"""

import ast
import dataclasses
import inspect
from collections.abc import Callable
from pathlib import Path

import semimech

FROZEN = Path(__file__).with_name("public_api.txt")


class Bare(str):
    """Text that a signature shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def signature(function: Callable[..., object]) -> str:
    """The signature as it is written in the source: annotations bare, functions by their names."""
    written = inspect.signature(function)
    parameters = []
    for parameter in written.parameters.values():
        default = Bare(parameter.default.__name__) if inspect.isfunction(parameter.default) else parameter.default
        annotation = Bare(parameter.annotation) if isinstance(parameter.annotation, str) else parameter.annotation
        parameters.append(parameter.replace(default=default, annotation=annotation))
    returned = written.return_annotation
    returned = Bare(returned) if isinstance(returned, str) else returned
    return str(written.replace(parameters=parameters, return_annotation=returned))


def described() -> str:
    """One line for each public function, class, field and method, in the order of `semimech.__all__`."""
    lines: list[str] = []
    for name in semimech.__all__:
        value = getattr(semimech, name)
        if inspect.isclass(value):
            lines += described_class(name, value)
        elif callable(value):
            lines.append(f"def {name}{signature(value)}")
        else:
            lines.append(f"{name}: {type(value).__name__}")
    return "\n".join(lines) + "\n"


def described_class(name: str, kind: type) -> list[str]:
    lines = [f"class {name}"]
    if dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            if not field.name.startswith("_"):
                default = "" if field.default is dataclasses.MISSING else f" = {field.default!r}"
                lines.append(f"    {field.name}: {field.type}{default}")
    for attribute, member in sorted(vars(kind).items()):
        if attribute.startswith("_") or attribute in getattr(kind, "__dataclass_fields__", {}):
            continue
        if isinstance(member, classmethod | staticmethod):
            lines.append(f"    {type(member).__name__} {attribute}{signature(member.__func__)}")
        elif inspect.isfunction(member):
            lines.append(f"    def {attribute}{signature(member)}")
        else:
            lines.append(f"    {attribute}")
    return lines


def test_public_api_is_as_frozen() -> None:
    assert described() == FROZEN.read_text(encoding="utf-8")


def test_type_checkers_are_told_of_every_public_name() -> None:
    tree = ast.parse(Path(semimech.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {
        alias.name: statement.module
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert told == semimech._HOMES


def test_every_public_name_is_documented() -> None:
    undocumented = [
        name
        for name in semimech.__all__
        if name != "__version__" and not (inspect.getdoc(getattr(semimech, name)) or "").strip()
    ]
    assert undocumented == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(semimech, "nosuchname")


def test_names_are_listed() -> None:
    assert set(semimech.__all__) <= set(dir(semimech))


if __name__ == "__main__":
    FROZEN.write_text(described(), encoding="utf-8")
