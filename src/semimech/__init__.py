"""From a perturbation screen to a mechanistic model you can trust, and to the next experiment.

Public names are imported on first use: `import semimech` itself loads no JAX and touches no files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semimech.data.condition import Condition as Condition
    from semimech.data.condition import Perturbation as Perturbation
    from semimech.data.effects import Effects as Effects
    from semimech.data.effects import effects_of as effects_of
    from semimech.data.network import Network as Network
    from semimech.data.screen import Screen as Screen
    from semimech.data.splits import Split as Split
    from semimech.data.splits import split_screen as split_screen
    from semimech.models.base import Prediction as Prediction

    __version__: str

# Where each public name lives; the block above tells the same to type checkers (a test holds them together).
_HOMES = {
    "Screen": "semimech.data.screen",
    "Perturbation": "semimech.data.condition",
    "Condition": "semimech.data.condition",
    "Network": "semimech.data.network",
    "Split": "semimech.data.splits",
    "split_screen": "semimech.data.splits",
    "Effects": "semimech.data.effects",
    "effects_of": "semimech.data.effects",
    "Prediction": "semimech.models.base",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
    elif name == "__version__":
        from importlib.metadata import version

        value = version("semimech")
    else:
        raise AttributeError(f"module 'semimech' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
