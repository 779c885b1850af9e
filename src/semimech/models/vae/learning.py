"""From a screen to a fitted model: quality, closed form, tables, training, the weight of the residual, relatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import inner_splits
from semimech.data.minibatches import even_size
from semimech.data.quality import quality
from semimech.data.readers.edges import read_edges
from semimech.data.screen import BLOCK_BYTES, Screen
from semimech.data.splits import Split
from semimech.models.vae.batches import Cells
from semimech.models.vae.closed import ClosedForm, closed_form, values_at
from semimech.models.vae.fitted import FittedVAE
from semimech.models.vae.form import Form, Minibatch, Tables, begin
from semimech.models.vae.nodes import EdgeTable, Nodes, direct_table, edge_table, effects_on, nodes_of
from semimech.models.vae.pushing import Pushed, control_latents
from semimech.models.vae.relatives import Relatives, by_edges, by_regulators, coexpression, relatives_of
from semimech.models.vae.residual import Residual, residual_of, weighted_error
from semimech.models.vae.training import Schedule, Trained, train
from semimech.support.progress import Monitor

FOLDS = 6  # one part in six of the training cells is held out
FEWEST_FAILING = 10  # cells without which there is no artefact to learn
SMALLEST = 1e-3


@dataclass(frozen=True, eq=False)
class Learning:
    """Options of `SamsVAE` as they are used."""

    form: Form
    owner: str
    latents: int
    hidden: int
    epochs: int
    patience: int
    rate: float
    decay: float
    batch_size: int
    pi: float
    offset: bool
    interaction: int
    prior: str | None
    prior_names: str
    latent_from: str
    mads: float
    quality_column: str | None
    nodes: int
    compat: str | None

    OPTIONS: ClassVar[tuple[str, ...]] = (
        "latents", "hidden", "epochs", "patience", "rate", "decay", "batch_size", "pi", "offset", "interaction",
        "prior", "prior_names", "latent_from", "mads", "quality_column", "nodes", "compat",
    )  # fmt: skip

    @property
    def schedule(self) -> Schedule:
        """Of the training."""
        return Schedule(self.epochs, self.patience, self.rate, self.decay)

    def passes(self, screen: Screen, rows: np.ndarray) -> np.ndarray:
        """Which rows of the screen pass quality control; all where the model has no artefact."""
        if not self.form.quality:
            return np.ones(screen.shape[0], bool)
        if self.quality_column is None and screen.scale != "counts":
            return np.ones(screen.shape[0], bool)
        return quality(screen, rows, self.mads, self.quality_column)

    def kept(self, screen: Screen, rows: np.ndarray) -> np.ndarray:
        """The rows that pass, of which effects are made."""
        rows = np.asarray(rows)
        return rows[self.passes(screen, rows)[rows]]

    def relatives(
        self, screen: Screen, split: Split, closed: ClosedForm, network: tuple[np.ndarray, Nodes] | None, seed: int
    ) -> Relatives:
        """What stands for perturbations never given, by the source that training favours."""
        sources = {}
        if screen.is_control[split.train].any():
            sources["co-expression in controls"] = coexpression(screen, split.train)
        if self.prior is not None:
            words = "shared neighbours in the edge table" + ", shuffled" * (self.prior_names == "shuffled")
            edges = read_edges(self.prior)
            if self.prior_names == "shuffled":
                random = np.random.default_rng([seed, 67_867_967])
                names = np.array(sorted(set(edges["source"]) | set(edges["target"])), dtype=object)
                other = dict(zip(names, random.permutation(names), strict=True))
                edges = edges.assign(source=edges["source"].map(other), target=edges["target"].map(other))
            sources[words] = by_edges(edges, screen.feature_names)
        if network is not None:
            table, nodes = network
            sources["the columns of the network W"] = by_regulators(table, nodes.columns, screen.shape[1])
        return relatives_of(screen, split, sources, closed.perturbations, seed)


def learn(learning: Learning, screen: Screen, split: Split, seed: int, monitor: Monitor) -> FittedVAE:
    """Fit to the training rows of the split."""
    rows = np.asarray(split.train)
    passes = learning.passes(screen, rows)
    form = _without_artefact(learning.form, passes[rows])
    fit, held = _carved(screen, split, seed)
    # Cells that fail may still say what perturbations do: those that pass, held out, decide.
    counted = _counted(learning, screen, fit, held, passes, seed)
    closed = closed_form(screen, fit[counted[fit]], seed, learning.owner)
    nodes = nodes_of(screen, closed, learning.nodes) if form.square else None
    told = _prior(learning, nodes, seed)
    size = even_size(screen, fit, min(learning.batch_size, max(16, len(fit) // 4)))
    form = replace(form, again=min(form.again, size))
    cells, others = (Cells.of(screen, part, size, closed, passes) for part in (fit, held))
    tables = _tables(learning, form, screen, closed, nodes, told, cells)
    start, bias = np.zeros((1, 1)), np.zeros(screen.shape[1])
    if nodes is not None:
        start = direct_table(nodes, closed)[0] if form.signed else np.zeros((len(nodes.names),) * 2)
    random = np.random.default_rng([seed, 32_452_867])
    effect_rows = len(tables.plate)
    sizes = (screen.shape[1], effect_rows, learning.latents, learning.hidden)
    scale = _first_scale(form, closed, tables)
    parameters = begin(form, sizes, start, scale, bias, random, learning.interaction)
    trained = train(form, learning.schedule, parameters, tables, cells, _kept(others), seed, monitor)
    final = closed_form(screen, rows[counted[rows]], seed, learning.owner)
    model = _pushed(learning, form, trained, tables, screen, final, passes, seed)
    residual = _weigh(learning, screen, closed, model, held[passes[held]], final, seed, passes)
    network = None
    if nodes is not None:
        network = _regulations(form, trained), nodes
    return FittedVAE(
        owner=learning.owner,
        form=form,
        closed=final,
        parameters={name: np.asarray(value) for name, value in trained.parameters.items()},
        tables={name: np.asarray(value) for name, value in _small(tables)._asdict().items()},
        latents=model.latents,
        alone=not learning.offset,
        residual=residual,
        relatives=learning.relatives(screen, split, final, network, seed),
        nodes=nodes.names if nodes is not None else (),
        direct=direct_table(nodes, final)[0].astype(np.float32) if nodes is not None else np.zeros((0, 0)),
        prior=told.words if told is not None else "",
        compat=learning.compat or "",
        failing=float(1 - passes[rows].mean()) if learning.form.quality else float("nan"),
        pooled=bool(counted[rows].all()),
        train_bound=trained.train_bound,
        validation_bound=trained.validation_bound,
    )


def _without_artefact(form: Form, passes: np.ndarray) -> Form:
    """Where hardly a cell fails there is nothing to learn an artefact from."""
    return form if form.quality and (~passes).sum() >= FEWEST_FAILING else replace(form, quality=False)


def _carved(screen: Screen, split: Split, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit and rows held out of the training rows, the latter in every condition and batch where possible."""
    inner = inner_splits(screen, split, "rows", FOLDS, seed)
    return (inner[0].train, inner[0].test) if inner else (np.asarray(split.train), np.zeros(0, int))


def _counted(
    learning: Learning, screen: Screen, fit: np.ndarray, held: np.ndarray, passes: np.ndarray, seed: int
) -> np.ndarray:
    """The rows of the screen that the closed form is made of: those that pass, or all if that predicts these better."""
    every = np.ones_like(passes)
    good = held[passes[held]]
    if passes[fit].all() or not screen.is_control[good].any() or screen.is_control[good].all():
        return passes
    asked = effects_of(screen, good)
    if not len(asked):
        return passes
    errors = [weighted_error(screen, closed_form(screen, fit[rows[fit]], seed, learning.owner), asked)
              for rows in (passes, every)]  # fmt: skip
    return every if errors[1] < errors[0] else passes


def _prior(learning: Learning, nodes: Nodes | None, seed: int) -> EdgeTable | None:
    if learning.prior is None or nodes is None:
        return None
    return edge_table(learning.prior, nodes, learning.pi, seed if learning.prior_names == "shuffled" else None)


def _tables(
    learning: Learning,
    form: Form,
    screen: Screen,
    closed: ClosedForm,
    nodes: Nodes | None,
    told: EdgeTable | None,
    cells: Cells,
) -> Tables:
    size = len(nodes.names) if nodes is not None else len(closed.perturbations)
    effect = size if nodes is not None else learning.latents
    pi = np.full((size, effect), learning.pi) if told is None else told.pi
    centre, scale = _spread(form, screen, cells.rows)
    numbered = {condition: i for i, condition in enumerate(screen.conditions)}
    place = np.array([numbered[condition] for condition in closed.conditions], int)

    def by_condition(table: np.ndarray) -> np.ndarray:
        whole = np.zeros((len(screen.conditions), table.shape[1]))
        whole[place] = table
        return whole

    delta = precision = np.zeros((len(place), 1))
    error, columns = np.ones((1, 1)), np.zeros(size, int)
    if nodes is not None:
        delta, precision = effects_on(nodes, closed)
        error, columns = direct_table(nodes, closed)[1], nodes.columns
    number = np.zeros(size)
    np.add.at(number, cells.index[cells.rows], (cells.dose[cells.rows] != 0).astype(float))
    offsets = closed.offsets if learning.offset else 0 * closed.offsets
    arrays = {
        "centre": centre,
        "scale": scale,
        "base": closed.base,
        "offset": by_condition(offsets),
        "plate": 1 / np.maximum(number, 1),
        "failing_plate": 1 / np.maximum(cells.failing[cells.rows].sum(), 1),
        "prior_logit": np.log(pi / (1 - pi)),
        "prior_mean": np.zeros_like(pi) if told is None else form.slab * told.sign,
        "delta": by_condition(delta),
        "precision": by_condition(precision),
        "error": np.maximum(error, SMALLEST),
        "known": (columns >= 0).astype(float),
    }
    made = {name: jnp.asarray(value, jnp.float32) for name, value in arrays.items()}
    return Tables(**made, nodes=jnp.asarray(np.maximum(columns, 0), jnp.int32))


def _small(tables: Tables) -> Tables:
    """Only what predicting needs."""
    nothing = jnp.zeros((1, 1), jnp.float32)
    return tables._replace(offset=nothing, delta=nothing, precision=nothing, base=nothing)


def _spread(form: Form, screen: Screen, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of what the encoder sees (features,)."""
    total, squares = np.zeros((2, screen.shape[1]))
    for _, block in screen.blocks(rows):
        values = np.log1p(block * (1e4 / np.maximum(block.sum(1, keepdims=True), 1))) if form.counts else block
        total += values.sum(0, dtype=np.float64)
        squares += (values.astype(np.float64) ** 2).sum(0)
    mean = total / len(rows)
    return mean, np.sqrt(np.maximum(squares / len(rows) - mean**2, 1e-4))


def _first_scale(form: Form, closed: ClosedForm, tables: Tables) -> np.ndarray:
    """log theta, or of a Gaussian log sd (features,)."""
    return closed.log_theta if form.counts else np.log(np.asarray(tables.scale))


def _kept(cells: Cells) -> list[Minibatch]:
    """Held-out mini-batches that stay in memory, at most 64 MB of them."""
    most = max(cells.size, BLOCK_BYTES // (4 * cells.screen.shape[1]))
    random = np.random.default_rng(0)
    rows = cells.rows if len(cells.rows) <= most else np.sort(random.choice(cells.rows, most, replace=False))
    return list(replace(cells, rows=rows).epoch(random)) if len(rows) else []


def _pushed(
    learning: Learning,
    form: Form,
    trained: Trained,
    tables: Tables,
    screen: Screen,
    closed: ClosedForm,
    passes: np.ndarray,
    seed: int,
) -> Pushed:
    n = len(closed.library)
    if learning.latent_from == "prior" or not len(closed.rows):
        latents = np.asarray(jax.random.normal(jax.random.key(seed), (n, learning.latents), jnp.float32))
    else:
        values = values_at(screen, closed.rows)
        latents = control_latents(form, trained.parameters, tables, values, ~passes[closed.rows], seed)
    return Pushed(form, trained.parameters, tables, latents)


def _weigh(
    learning: Learning,
    screen: Screen,
    closed: ClosedForm,
    model: Pushed,
    held: np.ndarray,
    final: ClosedForm,
    seed: int,
    passes: np.ndarray,
) -> Residual:
    """The weight by cells that neither the closed form nor the training has seen."""
    if not learning.offset or not len(held):
        return Residual(float(not learning.offset), float(not learning.offset))
    effects: Effects = effects_of(screen, held)
    same = replace(closed, library=final.library, batch=final.batch, rows=final.rows)
    return residual_of(screen, same, model, effects) if len(effects) else Residual()


def _regulations(form: Form, trained: Trained) -> np.ndarray:
    return np.asarray(trained.parameters["network"], float)
