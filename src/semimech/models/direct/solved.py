"""A ridge with errors in its regressors, solved once for all features, and without some rows by updates of that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

RANK = 8  # of the table of the regressors' error variances, in the small part that needs it


@dataclass(frozen=True, eq=False)
class Solved:
    """inverse: (X'X + penalty)^-1; hat: inverse X' (regressors x rows), for x: rows x regressors.

    x_variance: of the errors of x; left, right: x_variance ~ left right' of rank `RANK`. kept: 0 for rows left out.
    """

    x: np.ndarray
    inverse: np.ndarray
    hat: np.ndarray
    x_variance: np.ndarray
    left: np.ndarray
    right: np.ndarray
    kept: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, x_variance: np.ndarray, ridge: float) -> Solved:
        """Solve for all rows; ridge: as a share of the mean eigenvalue of X'X."""
        gram = x.T @ x
        inverse = np.linalg.inv(gram + ridge * np.trace(gram) / len(gram) * np.eye(len(gram)))
        u, sizes, v = np.linalg.svd(x_variance, full_matrices=False)
        left = u[:, :RANK] * sizes[:RANK]
        return cls(x, inverse, inverse @ x.T, x_variance, left, v[:RANK].T, np.ones(len(x)))

    def without(self, rows: np.ndarray, regressor: int) -> Solved:
        """The same without some rows and a regressor, with the same penalty: a few products of vectors.

        Rows by Woodbury's identity, the regressor by the inverse of a part of a matrix from that of the whole.
        """
        gone = self.hat[:, rows]
        within = np.linalg.inv(np.eye(len(rows)) - self.x[rows] @ gone)
        inverse = self.inverse + gone @ within @ gone.T
        hat = self.hat + gone @ (within @ (self.x[rows] @ self.hat))
        own = inverse[:, regressor] / inverse[regressor, regressor]
        kept = self.kept.copy()
        kept[rows] = 0
        return replace(
            self,
            inverse=inverse - np.outer(own, inverse[regressor]),
            hat=(hat - np.outer(own, hat[regressor])) * kept,
            kept=kept,
        )

    def weights(self, y: np.ndarray, y_variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights b and their variances (regressors x features) of y (rows x features).

        var b_k = sum_i H_ki^2 s_i^2 + sum_im (A^-1_km r_i - H_ki b_m)^2 s_im^2, with A^-1 the inverse, H the hat and
        r = y - x b.
        """
        b = self.hat @ y
        missed = (y - self.x @ b) * self.kept[:, None]
        variance = self.hat**2 @ (y_variance + self.x_variance @ b**2) + self.inverse**2 @ (
            self.x_variance.T @ missed**2
        )
        for u, v in zip(self.left.T, self.right.T, strict=True):
            variance -= 2 * (self.hat @ (missed * u[:, None])) * (self.inverse @ (b * v[:, None]))
        return b, np.maximum(variance, 1e-300)
