"""What is loaded when: asserted on modules, which do not depend on how busy the machine is."""

import json
import subprocess
import sys

import pytest

from semimech.cli.main import COMMANDS

HEAVY = ("jax", "jaxlib", "equinox", "anndata", "pandas", "numpy", "scipy", "h5py", "matplotlib", "pyarrow", "cyclopts")


def loaded_after(statement: str) -> set[str]:
    """Top-level packages in sys.modules of a fresh interpreter after `statement`."""
    program = (
        "import sys, json, io, contextlib\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):\n"
        f"    {statement}\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_after("import semimech").isdisjoint(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nosuchcommand"]])
def test_the_command_line_answers_at_once(arguments: list[str]) -> None:
    loaded = loaded_after(f"from semimech.cli import main; main({arguments!r})")
    assert loaded.isdisjoint(set(HEAVY) - {"cyclopts"})


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_needs_no_jax(command: str) -> None:
    loaded = loaded_after(f"from semimech.cli import main; main([{command!r}, '--help'])")
    assert loaded.isdisjoint({"jax", "jaxlib", "equinox", "anndata", "matplotlib"})


def test_the_data_package_loads_no_jax() -> None:
    assert loaded_after("import semimech.data").isdisjoint({"jax", "jaxlib", "equinox", "matplotlib"})
