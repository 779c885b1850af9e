"""Shared fixtures; JAX is told to be strict before any test can import it."""

import os
from pathlib import Path

import pytest

# Read by JAX when it is first imported, here or in a child process (the command line is tested as one):
# a silent float32 -> float64 promotion or an accidental broadcast is an error in every test.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["JAX_NUMPY_DTYPE_PROMOTION"] = "strict"
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"
os.environ.setdefault("MPLBACKEND", "Agg")
# Workers of the suite share the cores: small products by threads that wait for each other take many times as long.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data sets: SEMIMECH_DATA, else ../shared/data beside the checkout."""
    folder = Path(os.environ.get("SEMIMECH_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data folder at {folder}; set SEMIMECH_DATA to test on real data")
    return folder


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the source tree."""
    return CHECKOUT
