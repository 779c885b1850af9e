"""What the pages of several benchmarks share: the heading with machine, date and command, and tables."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path

from benchmarks._common import data_folder, machine


def parser_of(doc: str | None, file: str) -> argparse.ArgumentParser:
    """Options --data (the folder of public data sets) and --out (the page)."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--data", type=Path, default=data_folder())
    parser.add_argument("--out", type=Path, default=Path(file).with_suffix(".md"))
    return parser


def heading(title: str, command: str) -> list[str]:
    """Title, machine, date and command."""
    return [f"# {title}", "", f"{machine()}. Command: `python -m benchmarks.{command}`.", ""]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (columns, ["---"] * len(columns), *rows)]
    return [*lines, ""]


def paragraph(text: str) -> list[str]:
    """Lines of at most 118 characters, and an empty one."""
    return [*textwrap.wrap(text, 118, break_long_words=False, break_on_hyphens=False), ""]
