"""What a fit becomes: effects, cells and their intervals, latent effects, and the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import jax.numpy as jnp
import numpy as np
import pandas as pd
from scipy.special import expit

from semimech.data.condition import Condition, Perturbation
from semimech.data.network import Network
from semimech.models.base import Prediction, what_it_rests_on
from semimech.models.vae.closed import ClosedForm
from semimech.models.vae.form import Form, Tables
from semimech.models.vae.nodes import Nodes
from semimech.models.vae.pushing import Pushed, drawn_counts
from semimech.models.vae.relatives import NOTHING, Relatives
from semimech.models.vae.residual import Residual

PUBLISHED_WORDS = "published losses (compat gpo-vae)"


@dataclass(frozen=True, eq=False)
class FittedVAE:
    """A trained perturbation VAE beside the closed form it began from.

    owner: name of the estimator. alone: it was trained without the closed form's offset, and answers by itself.
    parameters, tables: by name, see `form`. latents: of the control cells that predictions are made of (cells x L).
    nodes, direct: of the network, and the effects seen on them (T x T, row = regulator). prior: what was made of an
    edge table. failing: share of cells that fail quality control, NaN where that was not asked; pooled: the closed
    form is of all cells. train_bound, validation_bound: negative evidence bound after each epoch, nats for a cell
    without log x!.
    """

    owner: str
    form: Form
    closed: ClosedForm
    parameters: Mapping[str, np.ndarray]
    tables: Mapping[str, np.ndarray]
    latents: np.ndarray
    alone: bool
    residual: Residual
    relatives: Relatives
    nodes: tuple[str, ...]
    direct: np.ndarray
    prior: str
    compat: str
    failing: float
    pooled: bool
    train_bound: np.ndarray
    validation_bound: np.ndarray

    @property
    def is_closed(self) -> bool:
        """The closed form alone answers: held-out cells asked for nothing of the latent part."""
        return not self.alone and self.residual.weight == 0

    @property
    def regulators(self) -> tuple[np.ndarray, Nodes] | None:
        """W (row = regulator) and its nodes, None without a network."""
        if not self.nodes:
            return None
        columns = np.where(self.tables["known"] > 0, self.tables["nodes"], -1)
        return np.asarray(self.parameters["network"], float), Nodes(self.nodes, columns)

    @cached_property
    def pushed(self) -> Pushed:
        """The model as it predicts."""
        parameters = {name: jnp.asarray(value) for name, value in self.parameters.items()}
        return Pushed(
            self.form, parameters, Tables(**{k: jnp.asarray(v) for k, v in self.tables.items()}), self.latents
        )

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects: the closed form and the weighted residual, means over the same control cells for every condition.

        A perturbation that was never given is a mixture of its relatives, and said so; without any it counts as no
        change.
        """
        conditions = tuple(conditions)
        design, words = self._told(conditions)
        if self.alone:
            none = np.zeros((1, len(self.closed.features)), np.float32)
            mean = [self.pushed.effect(self.closed, row, none[0]) for row in design]
        else:
            mean = list(self._by_closed_form(conditions, design))
            offset = self.closed.offset(conditions, design)
            if not self.is_closed:
                beyond = [self.pushed.effect(self.closed, row, each, self.residual.gate)
                          for row, each in zip(design, offset, strict=True)]  # fmt: skip
                mean = [one + self.residual.weight * two for one, two in zip(mean, beyond, strict=True)]
        values = np.array(mean, np.float32).reshape(len(conditions), len(self.closed.features))
        return Prediction(conditions, self.closed.features, values, rests_on=tuple(words))

    def knowing(self, perturbations: Sequence[Perturbation]) -> FittedVAE:
        """The same model, told which genes perturbations act on that were never given."""
        return replace(self, relatives=self.relatives.knowing(perturbations))

    def cells(self, condition: Condition, n: int, *, seed: int = 0, library: float | None = None) -> np.ndarray:
        """Cells of good quality drawn from the model (n x features): counts, or values where the scale has none.

        They start from control cells drawn again and again; `library` replaces the library sizes of these.
        """
        random = np.random.default_rng([seed, 122_949_823])
        design, _ = self._told((condition,))
        offset = 0 * self.closed.base[0] if self.alone else self.closed.offset((condition,), design)[0]
        logits = self.pushed.logits(self.closed, design[0], offset, self.residual.weight, self.residual.gate)
        chosen = random.integers(logits.shape[1], size=n)
        rows = logits[random.integers(len(logits), size=n), chosen]
        shared = np.asarray(self.pushed.log_theta, float)
        if not self.form.counts:
            return (rows + np.exp(shared) * random.standard_normal(rows.shape)).astype(np.float32)
        depth = self.closed.library[chosen] if library is None else np.full(n, library)
        share = np.exp(rows - rows.max(1, keepdims=True))
        rate = np.log(share / share.sum(1, keepdims=True) * depth[:, None] + 1e-12)
        return drawn_counts(rate, shared, random)

    def cell_intervals(
        self, condition: Condition, level: float = 0.9, *, n: int = 2000, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """(lower, upper) of the values of a cell (features,), from n cells drawn."""
        drawn = self.cells(condition, n, seed=seed)
        tails = (1 - level) / 2
        lower, upper = np.quantile(drawn, (tails, 1 - tails), axis=0, method="inverted_cdf")
        return lower, upper

    def latent_effects(self) -> pd.DataFrame:
        """Mean effect E(E * M) of each perturbation: perturbation, latent, effect, probability (long table).

        With the guide 'network' that is the mean it gives E at the probabilities of M, times these.
        """
        probability = expit(self._logits)
        mean = self.pushed.guided(probability) if self.form.network_guide else self.parameters["slab_mean"]
        names = self.nodes or tuple(f"latent {k + 1}" for k in range(probability.shape[1]))
        rows = len(self.closed.perturbations)
        return pd.DataFrame(
            {
                "perturbation": np.repeat(self.closed.perturbations, len(names)),
                "latent": np.tile(names, rows),
                "effect": (probability * mean)[:rows].ravel(),
                "probability": probability[:rows].ravel(),
            }
        )

    def network(self) -> Network | None:
        """W of the genes, None without one: edges with sigmoid(logit) > 1/2 between different genes.

        probability: sigmoid of the logit of M; direct: the shrunken effect that was seen, where the source was
        perturbed. As published the weights are unsigned, and a column `published` marks every edge by 1.
        """
        if not self.nodes:
            return None
        weights = np.asarray(self.parameters["network"], float)
        probability = expit(self._logits)
        kept = (probability > 0.5) & ~np.eye(len(weights), dtype=bool)
        evidence = {"probability": np.where(kept, probability, 0).T, "direct": np.where(kept, self.direct, 0).T}
        evidence |= {"published": kept.T.astype(float)} if self.compat else {}
        return Network.from_matrix(np.where(kept, weights, 0).T, self.nodes, (), evidence)

    def history(self) -> pd.DataFrame:
        """Learning curve: step (epoch), train_error, validation_error, both the negative bound; measure, in words."""
        epochs = np.arange(1, len(self.train_bound) + 1)
        table = {"step": epochs, "train_error": self.train_bound, "validation_error": self.validation_bound}
        return pd.DataFrame(table | {"measure": "negative evidence bound, nats a cell"})

    def sentences(self) -> tuple[str, ...]:
        """In words: what the latent part adds, of what cells, with what told."""
        found = [f"{self.owner}: {self._weight_words()}."]
        if not self.form.quality and np.isfinite(self.failing):
            found.append(
                f"{self.owner}: {100 * self.failing:.2g} % of the cells fail quality control, too few to learn an "
                "artefact from: it is as a model without one (quality_column names a column that tells)."
            )
        if self.form.quality:
            of = "all cells, which predicts held-out cells that pass better" if self.pooled else "those that pass"
            found.append(
                f"{self.owner}: {100 * self.failing:.0f} % of the cells fail quality control; the closed form is of "
                f"{of}, predictions are of cells that pass."
            )
        if self.prior:
            found.append(f"{self.owner}: {self.prior}.")
        if self.compat:
            found.append(f"{self.owner}: fitted with the {PUBLISHED_WORDS}, not the defaults.")
        return tuple(found)

    @cached_property
    def _seen(self) -> set[str]:
        return {name for condition in self.closed.conditions for name in condition.names}

    @property
    def _logits(self) -> np.ndarray:
        if not self.nodes:
            return np.asarray(self.parameters["logit"], float)
        weights = np.asarray(self.parameters["network"], float)
        return np.abs(weights) / self.tables["error"] - self.form.threshold if self.form.signed else weights

    def _weight_words(self) -> str:
        if self.alone:
            return "the model alone, without closed form"
        if self.is_closed:
            return "the closed form alone; held-out cells gave the latent part the weight 0"
        pairs = ", with the pair term" if self.residual.gate else ""
        less = f"held-out error {100 * self.residual.gain:.2g} % less"
        return f"the closed form and {self.residual.weight:g} of the latent part{pairs} ({less})"

    def _told(self, conditions: Sequence[Condition]) -> tuple[np.ndarray, list[str]]:
        """The design with mixtures for perturbations never given, and in words what each prediction rests on."""
        design = self.closed.design(conditions)
        words = []
        for row, condition in enumerate(conditions):
            parts = [what_it_rests_on(condition, self.closed.conditions), self._weight_words()]
            for name, dose in condition.doses:
                if name not in self._seen:
                    mixture = self.relatives.mixture(name)
                    if name in self.closed.perturbations:
                        design[row, self.closed.perturbations.index(name)] = 0
                    if mixture is not None:
                        design[row, self.relatives.seen] += mixture * np.sign(dose)
                    whatever = ", whatever its dose" if abs(dose) != 1 else ""
                    source = f"relatives by {self.relatives.source}{whatever}" if mixture is not None else NOTHING
                    parts.append(f"for {name}, {source}")
            parts += [PUBLISHED_WORDS] if self.compat else []
            words.append("; ".join(parts))
        return design, words

    def _by_closed_form(self, conditions: Sequence[Condition], design: np.ndarray) -> np.ndarray:
        """The closed form; a single perturbation never given is a mixture of effects, not of rates."""
        mean = self.closed.predict(conditions, design)
        for row, condition in enumerate(conditions):
            if len(condition.doses) == 1 and condition.names[0] not in self._seen:
                mean[row] = self._mixed_effect(design[row], mean[row])
        return mean

    def _mixed_effect(self, row: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
        """The mixture of what each relative does alone at its usual dose, a mean over its conditions."""
        parts = np.flatnonzero(row)
        alone = [[i for i, c in enumerate(self.closed.conditions) if c.names == (self.closed.perturbations[j],)]
                 for j in parts]  # fmt: skip
        if not len(parts) or not all(alone):
            return otherwise
        doses = self.closed.design(self.closed.conditions)
        effects = [(self.closed.effects[rows] / doses[rows, j][:, None]).mean(0)
                   for j, rows in zip(parts, alone, strict=True)]  # fmt: skip
        return row[parts] @ np.array(effects)
