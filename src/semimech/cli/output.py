"""Where a command may write: looked at before the work begins, not after it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from semimech.support.errors import UserError


def writable_file(kind: Any, path: Path | None) -> None:
    """Raise UserError where no file can be written to the path."""
    if path is not None and path.is_dir():
        raise UserError(f"{path} is a folder: give the name of a file to --out.")
    if path is not None:
        _below_folders(path)


def writable_folder(kind: Any, path: Path | None) -> None:
    """Raise UserError where no folder can be made of the path."""
    if path is not None and path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file: give the name of a folder to --out.")
    if path is not None:
        _below_folders(path)


def _below_folders(path: Path) -> None:
    file = next((above for above in path.parents if above.exists()), Path())
    if not file.is_dir():
        raise UserError(f"{path} cannot be made, as {file} is a file: give another name to --out.")


OutFile = Annotated[Path, Parameter(validator=writable_file)]
OutFolder = Annotated[Path, Parameter(validator=writable_folder)]
