"""Any scikit-learn estimator as a learner of the focus curve, fitted anew for each N and threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from semimech.audit.focus.kernel import beyond
from semimech.audit.focus.learner import Predictions, Task
from semimech.audit.focus.pool import EXACT
from semimech.support.errors import UserError, listed
from semimech.support.machine import cores
from semimech.support.optional import require

CLASSIFIER, REGRESSOR = "Classifier", "Regressor"
NAMED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "random-forest": ("RandomForest", {"n_estimators": 1000, "max_depth": 30}),
    "gradient-boosting": ("HistGradientBoosting", {}),
}
"""Short names, with the options of the published protocol where there is one."""


@dataclass(frozen=True)
class Scikit:
    """A scikit-learn classifier of the labels and regressor of the value, by the name they share.

    `estimator` is "random-forest", "gradient-boosting" or any name of scikit-learn's ("ExtraTrees", "Ridge", "SVC");
    where there is no classifier of that name the labels are regressed, where no regressor the value stays open; a name
    with its ending ("ExtraTreesClassifier") is that one only.
    Left-out predictions are out-of-bag where the estimator has them, else from `folds` folds of the training half. A
    censored value is fitted at its bound, then once more at its expectation beyond the bound.

    Raises UserError for a name or an option that scikit-learn does not have.
    """

    estimator: str = "random-forest"
    options: Mapping[str, Any] = field(default_factory=dict)
    folds: int = 5

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise UserError(f"The learner {self.estimator} has {self.folds} folds: give at least 2.")
        self.models()

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self.estimator

    def models(self) -> tuple[Any, Any]:
        """The classifier and the regressor, not fitted; None for one that there is not."""
        return models(self.estimator, {**NAMED.get(self.estimator, ("", {}))[1], **self.options})

    @property
    def side_by_side(self) -> bool:
        """scikit-learn's own threads fill the cores; it is not safe to be called from several."""
        return False

    def predict(self, task: Task) -> Predictions:
        """The predictions for every N, each target fitted by itself."""
        if task.pool.features is None:
            raise UserError(f"The learner {self.estimator} needs features, the pool has a similarity only.")
        classifier, regressor = self.models()
        size, kinds = len(task.division.train), len(task.thresholds) + 1
        test = np.full((len(task.counts), kinds, len(task.division.test)), np.nan)
        left_out = np.full((len(task.counts), kinds, size), np.nan)
        for number, count in enumerate(task.counts):
            rows = task.order[: size + count]
            for kind in range(kinds):
                model = regressor if kind == kinds - 1 or classifier is None else classifier
                if model is not None:
                    fit = _Fit(model, task.pool.features[rows], task.targets[rows, kind], size, task.division.seed)
                    if kind == kinds - 1:
                        fit = fit.uncensored(task.pool.relation[rows])
                    held = task.pool.features[task.division.test]
                    test[number, kind], left_out[number, kind] = fit.both(held, self.folds)
        return Predictions(test, left_out)


def models(name: str, options: Mapping[str, Any]) -> tuple[Any, Any]:
    """The classifier and the regressor of that name with these options; None for one that there is not.

    Raises UserError for a name or an option that scikit-learn does not have.
    """
    known = _estimators()
    stem = NAMED.get(name, (name, {}))[0].removesuffix(CLASSIFIER).removesuffix(REGRESSOR)
    base = require("sklearn.base", extra="chem")
    pair = []
    exact = name.endswith((CLASSIFIER, REGRESSOR))
    for suffix, is_kind in ((CLASSIFIER, base.is_classifier), (REGRESSOR, base.is_regressor)):
        kinds = [known[one] for one in ((name,) if exact else (stem + suffix, stem)) if one in known]
        fitting = [kind for kind in kinds if is_kind(_made(kind, name, options))]
        pair.append(_made(fitting[0], name, options) if fitting else None)
    if pair == [None, None]:
        raise UserError(
            f"scikit-learn has no estimator {name}: give {', '.join(NAMED)}, or a name of scikit-learn's such as "
            "ExtraTrees, Ridge or KNeighbors."
        )
    return pair[0], pair[1]


@cache
def _estimators() -> Mapping[str, Any]:
    """All classifiers and regressors; found once, since finding imports all of scikit-learn, which threads must not."""
    return dict(require("sklearn.utils", extra="chem").all_estimators(type_filter=["classifier", "regressor"]))


def _made(kind: Any, name: str, options: Mapping[str, Any]) -> Any:
    has = kind._get_param_names()
    unknown = [option for option in options if option not in has]
    if unknown:
        raise UserError(f"The learner {name} has no option {unknown[0]}: it has {listed(has, 30)}.")
    return kind(**options)


@dataclass(frozen=True)
class _Fit:
    """One target to be fitted: the first `size` rows are the training half."""

    model: Any
    features: np.ndarray
    target: np.ndarray
    size: int
    seed: int

    def fitted(self, rows: np.ndarray, **options: Any) -> Any:
        """A new model fitted on these of the rows, without those whose target is open; None where one class is left."""
        known = rows[~np.isnan(self.target[rows])]
        base = require("sklearn.base", extra="chem")
        classes = base.is_classifier(self.model)
        if not len(known) or (classes and len(np.unique(self.target[known])) < 2):
            return None
        model = base.clone(self.model)
        own = {"random_state": self.seed, "n_jobs": cores()}
        free = {name: own[name] for name, value in model.get_params().items() if name in own and value is None}
        model.set_params(**free, **options)
        return model.fit(self.features[known], self.target[known].astype(int) if classes else self.target[known])

    def predictions(self, features: np.ndarray) -> np.ndarray:
        """Predictions for other rows of a fit to all."""
        rows = np.arange(len(self.target))
        return self._of(self.fitted(rows), features, rows)

    def both(self, features: np.ndarray, folds: int) -> tuple[np.ndarray, np.ndarray]:
        """Predictions for other rows of a fit to all; and of the training half, by fits that did not see the row."""
        params = self.model.get_params()
        if "oob_score" in params and params.get("bootstrap"):
            return self._out_of_bag(features)
        return self.predictions(features), self._folded(folds)

    def _folded(self, folds: int) -> np.ndarray:
        found = np.empty(self.size)
        fold_of = np.random.default_rng(self.seed).permutation(self.size) % folds
        for fold in range(folds):
            held = np.flatnonzero(fold_of == fold)
            kept = np.setdiff1d(np.arange(len(self.target)), held)
            found[held] = self._of(self.fitted(kept), self.features[held], kept)
        return found

    def _out_of_bag(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both from one fit: the trees that did not draw a row predict it."""
        rows = np.arange(len(self.target))
        model = self.fitted(rows, oob_score=True)
        known = ~np.isnan(self.target)
        whole = np.full(len(rows), self._constant(rows))
        if model is not None:
            bag = getattr(model, "oob_prediction_", None)
            whole[known] = model.oob_decision_function_[:, 1] if bag is None else bag
        left_out = np.where(np.isnan(whole), self._constant(rows), whole)[: self.size]
        return self._of(model, features, rows), left_out

    def _of(self, model: Any, features: np.ndarray, rows: np.ndarray) -> np.ndarray:
        if model is None:
            return np.full(len(features), self._constant(rows))
        if hasattr(model, "predict_proba"):
            return model.predict_proba(features)[:, 1]
        if hasattr(model, "decision_function"):
            # Margins, as confidences that are cut at 0.5 where the margin is 0.
            return 1 / (1 + np.exp(-model.decision_function(features)))
        return model.predict(features)

    def _constant(self, rows: np.ndarray) -> float:
        known = self.target[rows][~np.isnan(self.target[rows])]
        return float(known.mean()) if len(known) else 0.5

    def uncensored(self, relation: np.ndarray) -> _Fit:
        """The same with each censored value replaced by its expectation beyond the bound under a first fit."""
        censored = np.flatnonzero(relation != EXACT)
        if not len(censored):
            return self
        predicted = self.predictions(self.features)
        sd = max(float((self.target - predicted)[relation == EXACT].std()), 1e-6)
        filled = self.target.copy()
        for row in censored:
            filled[row] = beyond(predicted[row], sd, self.target[row], int(relation[row]))
        return _Fit(self.model, self.features, filled, self.size, self.seed)
