"""Optional dependencies, asked for where they are needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from semimech.support.errors import UserError


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional `module`, or say in one sentence which extra of semimech brings it.

    Raises UserError when the module is not installed; a module that is installed but broken raises its own error.

    >>> require("json", extra="chem").dumps([1])
    '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise UserError(
            f"This step needs the package {error.name}, which is not installed: pip install 'semimech[{extra}]'."
        ) from error
