"""The mixed model against generalised least squares written out, and its false alarms and finds on simulated laws."""

import numpy as np
import pytest
from scipy import stats
from tests.audit.bioactivities import molecules

from semimech.audit.feature_effects import corrected
from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.one_law import Components, components_of, effects_beside_law, restricted_likelihood


def test_effects_as_generalised_least_squares_says() -> None:
    rng = np.random.default_rng(0)
    n, mask = 60, np.arange(60) < 25
    x, y = (rng.random((n, 3)) < 0.4).astype(np.uint8), rng.normal(size=n)
    root = rng.normal(size=(n, n)) / 8
    covariance = root @ root.T + 0.5 * np.eye(n)
    found, p = effects_beside_law(x, y, mask, covariance)
    white = np.linalg.inv(np.linalg.cholesky(covariance))
    for j in range(3):
        columns = [mask, ~mask, x[:, j] * mask, x[:, j] * ~mask]
        design = white @ np.column_stack(columns).astype(float)
        weights = np.linalg.pinv(design)
        b = weights @ white @ y
        assert (found["series"].effect[j], found["outside"].effect[j]) == pytest.approx(tuple(b[2:]))
        left = (white @ y - design @ b) ** 2 / (1 - np.diag(design @ weights))
        assert found["series"].standard_error[j] == pytest.approx(np.sqrt(weights[2] ** 2 @ left))
        apart = weights[2] - weights[3]
        freedom = (apart**2).sum() ** 2 / (apart**4).sum()
        z = (b[2] - b[3]) / np.sqrt(apart**2 @ left)
        assert p[j] == pytest.approx(2 * stats.t.sf(abs(z), freedom))
        pooled = np.linalg.pinv(white @ np.column_stack([mask, ~mask, x[:, j]]).astype(float))
        assert found["pooled"].effect[j] == pytest.approx((pooled @ white @ y)[2])


def test_restricted_likelihood_is_that_of_contrasts() -> None:
    rng = np.random.default_rng(1)
    fixed, y = np.column_stack([np.ones(12), rng.normal(size=12)]), rng.normal(size=12)
    contrasts = np.linalg.svd(fixed)[0][:, 2:]
    values = []
    for scale in (0.5, 2.0):
        covariance = np.diag(rng.uniform(0.5, 2, 12)) * scale + 0.3
        direct = stats.multivariate_normal(cov=contrasts.T @ covariance @ contrasts).logpdf(contrasts.T @ y)
        values.append(restricted_likelihood(y, fixed, covariance) - direct)
    assert values[0] == pytest.approx(values[1])  # they differ by a constant


def simulated(seed: int, opposed: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bits that vary, activities of one law (and of one opposed bit, the first), series, similarity, assays."""
    rng = np.random.default_rng(seed)
    bits = morgan(molecules(240), 2, 512)
    similarity = tanimoto(bits, bits)
    mask, assays = np.arange(240) % 3 == 0, rng.integers(0, 12, 240)
    shares = np.minimum(bits[mask].mean(0), bits[~mask].mean(0))
    x = bits[:, (shares > 0.1) & (bits.mean(0) < 0.9)]
    law = x @ rng.normal(0, 0.3, x.shape[1])
    y = law + rng.normal(0, 0.5, 12)[assays] + rng.normal(0, 0.4, 240) + opposed * np.where(mask, 1, -1) * x[:, 0]
    return x, y, mask, similarity, assays


def test_one_law_raises_no_alarm_and_an_opposed_feature_does() -> None:
    alarms, finds = 0, 0
    for seed in range(12):
        for opposed in (0.0, 2.0):
            x, y, mask, similarity, assays = simulated(seed, opposed)
            covariance = Components(1.0, 0.25, 0.16).covariance(similarity, assays)
            q = corrected(effects_beside_law(x, y, mask, covariance)[1], "bh")
            alarms, finds = alarms + (opposed == 0 and q.min() <= 0.05), finds + (opposed > 0 and q[0] <= 0.05)
    assert alarms <= 2
    assert finds == 12


def test_components_are_found() -> None:
    rng = np.random.default_rng(2)
    bits = morgan(molecules(400), 2, 512)
    similarity, assays = tanimoto(bits, bits), rng.integers(0, 60, 400)
    truth = Components(1.5, 0.5, 0.2)
    root = np.linalg.cholesky(truth.covariance(similarity, assays))
    found = [components_of(root @ rng.normal(size=400), np.arange(400) < 100, similarity, assays) for _ in range(3)]
    mean = [np.mean([getattr(one, name) for one in found]) for name in ("structure", "assay", "noise")]
    np.testing.assert_allclose(mean, [1.5, 0.5, 0.2], rtol=0.45)
