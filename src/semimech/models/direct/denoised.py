"""Effects freed of noise, with what is left of it: regressors that hardly mislead."""

from __future__ import annotations

import numpy as np

STEPS = 60
SPREADS = 2.0 ** np.arange(-1, 7)  # of the normals, in units of the median standard error


def posterior(values: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and sd of effects under one mixture of a spike at zero and normals, learnt from all of them.

    beta ~ sum_k pi_k N(0, tau_k^2), tau_0 = 0, x | beta ~ N(beta, s^2); pi by EM. values: x, errors: s > 0 (same
    shape). Stephens 2017, doi:10.1093/biostatistics/kxw041.

    >>> mean, sd = posterior(np.array([0.1, -0.2, 9.0]), np.ones(3))
    >>> bool(abs(mean[0]) < 0.1 and mean[2] > 7)
    True
    """
    if not values.size:
        return values, errors
    x, noise = values.ravel(), errors.ravel() ** 2
    spreads = np.concatenate([[0.0], np.median(errors) * SPREADS]) ** 2
    total = noise + spreads[:, None]
    logs = -0.5 * (x**2 / total + np.log(total))
    likelihood = np.exp(logs - logs.max(0))
    shares = np.full(len(spreads), 1 / len(spreads))
    for _ in range(STEPS):
        member = shares[:, None] * likelihood
        member /= member.sum(0)
        shares = member.mean(1)
    kept = spreads[:, None] / total
    mean = (member * kept).sum(0) * x
    square = (member * (kept * noise + (kept * x) ** 2)).sum(0)
    sd = np.sqrt(np.maximum(square - mean**2, 0))
    return mean.reshape(values.shape), sd.reshape(values.shape)
