"""What was found in a screen: one sentence and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "doubtful", "wrong"]


@dataclass(frozen=True)
class Finding:
    """A sentence about a screen; `remedy` says what to do if it is not so, `level` how much it matters."""

    level: Level
    sentence: str
    remedy: str = ""
