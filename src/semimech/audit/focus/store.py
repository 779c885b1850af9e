"""The repeats already measured, in a folder: each is written whole, and read back when a run goes on."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semimech.audit.focus.pool import Pool
from semimech.audit.focus.repeat import Repeat
from semimech.support.errors import UserError
from semimech.support.files import read_json, replacing, write_json

SETTINGS = "settings.json"


@dataclass(frozen=True)
class Store:
    """A folder of repeats of one setting."""

    folder: Path

    def open(self, settings: Mapping[str, Any]) -> None:
        """Make the folder, or go on in it; UserError where it holds repeats of other settings or data."""
        path = self.folder / SETTINGS
        if path.exists():
            before = read_json(path)
            other = sorted(key for key in {**before, **settings} if before.get(key) != settings.get(key))
            if other:
                raise UserError(
                    f"{self.folder} holds repeats with another {', '.join(other)}: choose another folder, or the same "
                    "settings."
                )
        write_json(path, dict(settings))

    def read(self, repeat: int) -> Repeat | None:
        """The scores of a repeat, or None where it has not been measured."""
        path = self._path(repeat)
        if not path.exists():
            return None
        with np.load(path) as stored:
            return Repeat(**{field.name: stored[field.name] for field in dataclasses.fields(Repeat)})

    def write(self, repeat: int, scores: Repeat) -> None:
        """Write the scores of a repeat, whole or not at all."""
        with replacing(self._path(repeat)) as beside:
            np.savez_compressed(
                beside, **{field.name: getattr(scores, field.name) for field in dataclasses.fields(scores)}
            )

    def _path(self, repeat: int) -> Path:
        return self.folder / f"repeat-{repeat:04d}.npz"


def digest(pool: Pool) -> str:
    """A hash of everything a focus curve is measured on."""
    found = hashlib.sha256()
    for field in dataclasses.fields(pool):
        value = getattr(pool, field.name)
        found.update(b"none" if value is None else np.ascontiguousarray(value).tobytes())
    return found.hexdigest()[:16]
