"""Perturbation VAEs as one estimator with options: SAMS, CRADLE and GPO are three settings of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Literal

import numpy as np

from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import Fitted
from semimech.models.vae.closed import closed_form
from semimech.models.vae.fitted import FittedVAE
from semimech.models.vae.form import Form, Likelihood
from semimech.models.vae.learning import Learning, learn
from semimech.models.vae.nodes import require_genes
from semimech.support.errors import UserError
from semimech.support.options import require_one_of, require_within
from semimech.support.progress import Monitor, silent

Chosen = Literal["auto", "negative-binomial", "poisson", "gaussian"]
PUBLISHED = "gpo-vae"
OPTIONS_OF = {  # what does nothing without a part of the model
    "quality": ("mads", "quality_column", "counterfactual", "again"),
    "network": ("nodes", "hops", "threshold", "alignment", "density"),
}


@dataclass(frozen=True)
class SamsVAE:
    """Cells as z + u through a decoder, u the sum of sparse effects E * M of what was done to the cell.

    z ~ N(0, I); u = D (E * M), E ~ N(0, slab^2), M ~ Bernoulli(pi); rho = softmax(log rate of the batch's controls +
    closed-form change of the condition + decoder(z + u)); x ~ NB(library rho, theta), or `likelihood`. What the
    perturbations of N cells share is paid once, 1 / N by each. Trained by one draw of E and M for each cell and step.
    The prediction is the closed form plus a residual: what u changes in control cells, times the weight, 0 included,
    for which held-out training cells ask.

    latents, hidden, epochs, patience, rate, decay, batch_size: sizes and schedule. particles: draws. guide: 'slab' (E
    given M = 1 is normal, drawn for each cell) or 'network' (E given its row of M by a perceptron, one draw for all
    cells of a mini-batch). offset: begin from the closed form; without it the model stands alone. interaction: rank of
    a term for pairs, 0 for none, kept where held-out pairs ask for it. prior: a table of edges, told to M where its
    columns are genes and to perturbations never given everywhere. latent_from: 'controls' or 'prior'. mads,
    quality_column: which cells fail quality control, see `data.quality`. nodes, hops, threshold, alignment, density:
    of the network, see `GpoVAE`. counterfactual: weight of the agreement of a cell with its counterfactual of the
    other quality, made for `again` of the cells of a mini-batch. compat: 'gpo-vae' for the published losses.
    Raises UserError for options out of range, a likelihood that does not suit the screen, fewer than two perturbations
    or no controls. Bereket and Karaletsos 2023, arXiv:2311.02794.
    """

    latents: int = 20
    hidden: int = 128
    epochs: int = 60
    patience: int = 6
    rate: float = 1e-3
    decay: float = 1e-6
    batch_size: int = 128
    particles: int = 1
    guide: Literal["slab", "network"] = "slab"
    likelihood: Chosen = "auto"
    pi: float = 0.01
    slab: float = 0.3
    offset: bool = True
    interaction: int = 0
    prior: str | None = None
    prior_names: Literal["given", "shuffled"] = "given"
    latent_from: Literal["controls", "prior"] = "controls"
    quality: bool = False
    mads: float = 3.0
    quality_column: str | None = None
    counterfactual: float = 1.0
    again: float = 0.25
    network: bool = False
    nodes: int = 100
    hops: int = 5
    threshold: float = 2.0
    alignment: float = 1.0
    density: float = 1.0
    compat: str | None = None
    name: ClassVar[str] = "sams-vae"
    is_baseline: ClassVar[bool] = False

    def __post_init__(self) -> None:
        owner = self.name
        require_one_of(owner, "guide", self.guide, ("slab", "network"))
        require_one_of(owner, "likelihood", self.likelihood, ("auto", "negative-binomial", "poisson", "gaussian"))
        require_one_of(owner, "latent_from", self.latent_from, ("controls", "prior"))
        require_one_of(owner, "prior_names", self.prior_names, ("given", "shuffled"))
        whole = dict.fromkeys(("latents", "hidden", "epochs", "patience", "batch_size", "particles"), (1.0, 1e6))
        open_ended = dict.fromkeys(("interaction", "nodes", "hops", "counterfactual", "alignment", "density", "mads"),
                                   (0.0, 1e6))  # fmt: skip
        inside = {"pi": (1e-6, 1 - 1e-6), "slab": (1e-3, 1e3), "rate": (1e-8, 1.0), "decay": (0.0, 1.0),
                  "again": (0.01, 1.0)}  # fmt: skip
        limits = whole | open_ended | inside
        require_within(owner, {option: (getattr(self, option), *bounds) for option, bounds in limits.items()})
        if self.compat is not None:
            require_one_of(owner, "compat", self.compat, (PUBLISHED,))
            if not self.network:
                raise UserError(f"The {owner} has no compat '{self.compat}': it is that of gpo-vae.")
        if self.guide == "network" and self.interaction:
            raise UserError(f"The {owner}'s interaction needs the guide 'slab'.")
        usual = {field.name: field.default for field in fields(self)}
        for part, options in OPTIONS_OF.items():
            idle = [name for name in options if getattr(self, name) != usual[name]]
            if idle and not getattr(self, part):
                raise UserError(f"The option {idle[0]} does nothing in {owner}: leave it out, or set {part} to true.")

    def check_prior(self) -> None:
        """Raise UserError where a table of edges is needed and none was given."""
        if getattr(self, "needs_prior", False) and self.prior is None:
            raise UserError(f"The model {self.name} needs a table of edges: give one with --prior EDGES.")

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedVAE:
        """Train on most cells of the training rows, choose the residual's weight and when to stop on the others."""
        return learn(self.settings(screen), screen, split, seed, monitor)

    def refits(
        self, screen: Screen, split: Split, fitted: Fitted, inner: Sequence[Split], *, seed: int, monitor: Monitor
    ) -> list[np.ndarray]:
        """Effects of the test conditions of each inner split: by the closed form alone where the residual is 0.

        What fewer than two perturbations are left to learn from is answered by no change.
        """
        assert isinstance(fitted, FittedVAE)
        settings = self.settings(screen)
        predicted = []
        for each in inner:
            asked = effects_of(screen, each.test).conditions
            rows = each.train if fitted.pooled else settings.kept(screen, each.train)
            if len({name for c in effects_of(screen, rows).conditions for name in c.names}) < 2:
                predicted.append(np.zeros((len(asked), screen.shape[1])))
            elif fitted.is_closed:
                closed = closed_form(screen, rows, seed, self.name)
                relatives = settings.relatives(screen, each, closed, fitted.regulators, seed)
                predicted.append(replace(fitted, closed=closed, relatives=relatives).predict(asked).mean)
            else:
                predicted.append(learn(settings, screen, each, seed, silent).predict(asked).mean)
        return predicted

    def settings(self, screen: Screen) -> Learning:
        """What is to be learnt of the screen; UserError where it cannot be."""
        self.check_prior()
        if self.prior is not None:
            require_genes(self.prior, screen)
        chosen = self._as_published() if self.compat else self
        likelihood = chosen._likelihood_of(screen)
        form = Form(
            likelihood=likelihood,
            square=chosen.network,
            quality=chosen.quality,
            signed=not chosen.compat,
            network_guide=chosen.guide == "network",
            particles=chosen.particles,
            hops=chosen.hops,
            alignment=chosen.alignment,
            sparsity=chosen.density,
            threshold=chosen.threshold,
            beta=chosen.counterfactual,
            proper=not chosen.compat,
            again=max(1, round(chosen.again * chosen.batch_size)),
            slab=chosen.slab,
        )
        return Learning(form=form, owner=self.name, **{name: getattr(chosen, name) for name in Learning.OPTIONS})

    def _as_published(self) -> SamsVAE:
        """The published settings (those for the Adamson set) of what the options leave at their defaults."""
        published = {
            "latents": 100,
            "hidden": 400,
            "epochs": 2000,
            "patience": 30,
            "rate": 3e-4,
            "batch_size": 512,
            "particles": 5,
            "guide": "network",
            "pi": 0.3,
            "slab": 1.0,
            "offset": False,
            "latent_from": "prior",
            "threshold": 0.4,
            "alignment": 100.0,
        } | ({"again": 1.0} if self.quality else {})
        left = {name: value for name, value in published.items() if getattr(self, name) == getattr(type(self)(), name)}
        return replace(self, **left)  # type: ignore[arg-type]

    def _likelihood_of(self, screen: Screen) -> Likelihood:
        if self.likelihood == "auto":
            return "negative-binomial" if screen.scale == "counts" else "gaussian"
        if (self.likelihood == "gaussian") == (screen.scale == "counts"):
            fitting = "negative-binomial or poisson" if screen.scale == "counts" else "gaussian"
            raise UserError(
                f"The {self.name}'s likelihood '{self.likelihood}' does not suit {screen.scale} values: use {fitting}, "
                "or give the screen on the scale it needs."
            )
        return self.likelihood


@dataclass(frozen=True)
class CradleVAE(SamsVAE):
    """The same with an artefact e that is added for cells that fail quality control, and left out in predictions.

    A cell's posterior must agree with that of its counterfactual, the same cell of the other quality. Where no cell
    fails there is no artefact, and it is `SamsVAE`. Baek et al. 2025 (CRADLE-VAE).
    """

    name: ClassVar[str] = "cradle-vae"
    quality: bool = True


@dataclass(frozen=True)
class GpoVAE(SamsVAE):
    """The same with effects u on the T genes of a network (row = regulator), decoded beside z.

    A free network W gives M its logits, |W| / s - threshold with s the standard errors of effects, and is aligned with
    what was seen: alignment * mean |D T_K(W) - Delta| / s, T_K(W) = W + W^2 / T + ... + W^(K+1) / T^K, K = hops,
    Delta the shrunken, signed effects; density times the mean of sigmoid(logit) is added. nodes: T, the perturbed genes
    first. compat 'gpo-vae': the published losses instead (|x - match|, unsigned, five shared particles, no offset, an
    improper counterfactual term). Baek et al. 2025 (GPO-VAE), arXiv:2501.18973.
    """

    name: ClassVar[str] = "gpo-vae"
    quality: bool = True
    network: bool = True


@dataclass(frozen=True)
class GpoVAEWithPrior(GpoVAE):
    """GPO told by a table which edges are likely: what the table is worth is the difference to GPO."""

    name: ClassVar[str] = "gpo-vae-prior"
    needs_prior: ClassVar[bool] = True


@dataclass(frozen=True)
class GpoVAEWithShuffledPrior(GpoVAEWithPrior):
    """The same table with the names of its nodes permuted by the seed: what any such pattern would be worth."""

    name: ClassVar[str] = "gpo-vae-shuffled-prior"
    prior_names: Literal["given", "shuffled"] = "shuffled"
