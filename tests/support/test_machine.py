"""Facts about the machine agree with the system's own tools."""

import importlib.metadata
import sys

import pytest

from semimech.support import machine


def test_versions_are_those_installed() -> None:
    found = machine.versions(("numpy", "nosuchpackage"))
    assert found["numpy"] == importlib.metadata.version("numpy")
    assert found["nosuchpackage"] == "not installed"
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_agrees_with_proc() -> None:
    from pathlib import Path

    line = Path("/proc/meminfo").read_text().splitlines()[0]
    assert machine.total_memory() == int(line.split()[1]) * 1024


def test_peak_memory_grows_with_an_allocation() -> None:
    before = machine.peak_memory()
    block = b"\1" * (before + 2**26)
    assert machine.peak_memory() >= before + 2**26
    assert len(block) > before


def test_device_is_the_one_that_holds_arrays() -> None:
    import jax
    import jax.numpy as jnp

    found = machine.device()
    assert found.platform == next(iter(jnp.ones(3).devices())).platform
    assert found.count == jax.device_count()
