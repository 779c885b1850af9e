"""What this computer is: versions, cores, memory and the device that JAX really uses."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "semimech", "jax", "jaxlib", "equinox", "optax", "diffrax", "optimistix", "lineax",
    "numpy", "scipy", "pandas", "anndata", "h5py", "matplotlib", "cyclopts",
)  # fmt: skip


@dataclass(frozen=True)
class Device:
    """The device JAX computes on, and a sentence of advice where a better one is there but unused."""

    platform: str
    name: str
    count: int
    memory_bytes: int | None
    advice: str | None


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Installed version of each package, read from its metadata without importing it; "not installed" if absent."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def cores() -> int:
    """Cores this process may use: its affinity, not the machine's total."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def total_memory() -> int | None:
    """Physical memory in bytes, or None where the system does not tell."""
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def peak_memory() -> int | None:
    """Largest resident memory of this process so far, in bytes, or None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def device() -> Device:
    """The device JAX puts arrays on; imports JAX."""
    import jax

    chosen = jax.devices()[0]
    statistics = chosen.memory_stats() or {}
    return Device(
        platform=chosen.platform,
        name=chosen.device_kind,
        count=jax.device_count(),
        memory_bytes=statistics.get("bytes_limit"),
        advice=_advice(chosen.platform),
    )


def _advice(used: str) -> str | None:
    """A GPU left unused by mistake is the commonest silent loss; name the cause and the remedy."""
    if used != "cpu" or not Path("/dev/nvidia0").exists():
        return None
    if "cpu" in os.environ.get("JAX_PLATFORMS", ""):
        return "an NVIDIA GPU is present, but JAX_PLATFORMS asks for the CPU: unset it to use the GPU."
    return "an NVIDIA GPU is present, but this JAX cannot use it: pip install 'semimech[cuda]'."
