"""Style and types, as tests, so that one command tells everything."""

import subprocess
import sys
from pathlib import Path


def complaints(checkout: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=checkout, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_ruff(checkout: Path) -> None:
    found = complaints(checkout, "ruff", "check", "--quiet", "--output-format=concise", ".")
    assert not found, found


def test_types(checkout: Path) -> None:
    found = complaints(checkout, "mypy")
    assert not found, found
