"""Examples in docstrings run and give what they say; public things are documented."""

import doctest
import importlib
import pkgutil

import pytest

import semimech

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(semimech.__path__, prefix="semimech.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).failed == 0
