"""The layers hold: imports go only downward, and heavy libraries stay where they belong."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parent.parent / "src" / "semimech"


def sources() -> list[Path]:
    return sorted(SOURCES.rglob("*.py"))


def test_import_contracts_hold(checkout: Path) -> None:
    # In a process of its own: the linter changes sys.path and the logging of the process it runs in.
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache", "--config", "pyproject.toml"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_import_cycles() -> None:
    import grimp
    import networkx

    graph = grimp.build_graph("semimech", cache_dir=None, exclude_type_checking_imports=True)
    imports = networkx.DiGraph((a, b) for a in graph.modules for b in graph.find_modules_directly_imported_by(a))
    # A package's __init__ that re-exports its files is no cycle unless a file imports the package back.
    cycles = [sorted(group) for group in networkx.strongly_connected_components(imports) if len(group) > 1]
    assert cycles == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(SOURCES)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def test_median_file_is_short() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in sources())
    assert lengths[len(lengths) // 2] < 200


def test_median_function_is_short() -> None:
    lengths = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                lengths.append((node.end_lineno or node.lineno) - node.lineno + 1)
    lengths.sort()
    assert lengths[len(lengths) // 2] <= 20


def test_value_objects_are_frozen() -> None:
    """Every dataclass is frozen: what flows between layers cannot be changed behind a caller's back."""
    mutable = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                for decorator in node.decorator_list:
                    text = ast.unparse(decorator)
                    if text.startswith(("dataclass", "dataclasses.dataclass")) and "frozen=True" not in text:
                        mutable.append(f"{path.relative_to(SOURCES)}:{node.name}")
    assert mutable == []
