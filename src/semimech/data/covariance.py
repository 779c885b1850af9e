"""Covariances of many features from few rows."""

from __future__ import annotations

import numpy as np


def shrunk(covariance: np.ndarray, freedom: int) -> np.ndarray:
    """The covariance with its correlations shrunk towards 0 by their own sampling variance (nodes x nodes).

    Schaefer and Strimmer 2005, doi:10.2202/1544-6115.1175. freedom: degrees of freedom behind it.
    """
    sd = np.sqrt(np.diag(covariance))
    sd = np.maximum(sd, 1e-6 * max(float(sd.max(initial=0.0)), 1e-300))
    correlation = covariance / np.outer(sd, sd)
    off = ~np.eye(len(sd), dtype=bool)
    squares = float((correlation[off] ** 2).sum())
    doubt = float(((1 - correlation[off] ** 2) ** 2).sum()) / freedom
    kept = 1 - min(1.0, doubt / squares) if squares > 0 else 0.0
    return np.where(off, kept * correlation, 1.0) * np.outer(sd, sd)
