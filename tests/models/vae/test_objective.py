"""The loss of four cells stated again in NumPy, with the same draws: as it is by default, and as published."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from semimech.models.vae.form import Form, Minibatch, Parameters, Tables, begin
from semimech.models.vae.objective import loss

GENES, NODES, LATENTS, HIDDEN, AGAIN = 6, 3, 2, 4, 3
SIGNED = Form("negative-binomial", True, True, True, False, 1, 2, 1.5, 0.7, 2.0, 0.8, True, AGAIN, 0.3)
PUBLISHED = replace(SIGNED, signed=False, network_guide=True, particles=2, proper=False, threshold=0.4, slab=1.0)
Drawn = Any


def lrelu(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, 0.01 * values)


def kl_normal(mean: Drawn, log_sd: Drawn, other: Drawn, other_log_sd: Drawn) -> np.ndarray:
    ratio = np.exp(log_sd - other_log_sd)
    return -np.log(ratio) + (ratio**2 + ((mean - other) / np.exp(other_log_sd)) ** 2 - 1) / 2


def effects(form: Form, p: Drawn, t: Drawn, c: Drawn, key: Drawn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u (particles x cells x nodes), the cost of each perturbation, the probabilities of M."""
    logit = np.abs(p["network"]) / t.error - form.threshold if form.signed else p["network"]
    one, two = jax.random.split(key)
    prior, q = special.expit(t.prior_logit), special.expit(logit)
    cost = (q * np.log(q / prior) + (1 - q) * np.log((1 - q) / (1 - prior))).sum(1)
    k, n = form.particles, len(c.values)
    if form.network_guide:
        shape = (k, NODES, NODES)
        on = logit + np.asarray(jax.random.logistic(one, shape)) > 0
        hidden = lrelu(on @ p["guide_m"] + p["guide_row"] + p["guide_bias_0"])
        for layer in (1, 2, 3):
            hidden = lrelu(hidden @ p[f"guide_{layer}"] + p[f"guide_bias_{layer}"])
        mean, log_sd = hidden @ p["guide_mean"], hidden @ p["guide_sd"] + p["guide_sd_bias"]
        table = on * (mean + np.exp(log_sd) * np.asarray(jax.random.normal(two, shape)))
        cost = cost + kl_normal(mean, log_sd, t.prior_mean, np.log(form.slab)).sum(2).mean(0)
        each = table[:, c.given]
    else:
        shape = (k, n, c.given.shape[1], NODES)
        on = logit[c.given] + np.asarray(jax.random.logistic(one, shape)) > 0
        mean, log_sd = p["slab_mean"], p["slab_sd"]
        each = on * (mean[c.given] + np.exp(log_sd[c.given]) * np.asarray(jax.random.normal(two, shape)))
        cost = cost + (q * kl_normal(mean, log_sd, t.prior_mean, np.log(form.slab))).sum(1)
    return (c.dose[None, :, :, None] * each).sum(2), cost, q


def alignment(form: Form, p: Drawn, t: Drawn, c: Drawn) -> float:
    reach = sum(np.linalg.matrix_power(p["network"], k + 1) / NODES**k for k in range(form.hops + 1))
    level = np.log1p(1e4 * c.values / c.library[:, None])
    controls = np.flatnonzero((c.dose == 0).all(1))
    treated = np.flatnonzero((c.dose != 0).any(1))
    cost = ((level[:, None] - level[None]) ** 2).sum(2)
    found = []
    for i in treated:
        given = np.zeros(NODES)
        np.add.at(given, c.given[i], c.dose[i])
        if form.signed:
            wrong = np.abs(given @ reach - t.delta[c.condition[i]]) * t.precision[c.condition[i]]
        else:
            match = controls[np.argmin(cost[i, controls] - cost[treated][:, controls].mean(0))]
            wrong = np.abs(given @ reach - (np.abs(level[i] - level[match])[t.nodes] - form.threshold))
        found.append(wrong)
    return float(np.mean(found))


def restated(form: Form, p: Drawn, t: Drawn, c: Drawn, key: Drawn) -> tuple[float, float]:
    keys = jax.random.split(key, 3)
    effect, cost, q = effects(form, p, t, c, keys[0])
    shape = (form.particles, 1, LATENTS)
    e = p["artefact_mean"] + np.exp(p["artefact_sd"]) * np.asarray(jax.random.normal(keys[1], shape))
    bad = c.failing[:, None]

    def encode(level: np.ndarray, effect: np.ndarray, artefact: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first = (level - t.centre) / t.scale @ p["encode_x"] + effect @ p["encode_u"] + artefact @ p["encode_e"]
        hidden = lrelu(first + p["encode_bias"])
        return (hidden @ p["encode_mean"] + p["encode_mean_bias"], hidden @ p["encode_sd"] + p["encode_sd_bias"])

    def rate(z: np.ndarray, effect: np.ndarray, artefact: np.ndarray, rows: slice) -> np.ndarray:
        first = z @ p["decode_z"] + effect @ p["decode_u"] + artefact @ p["decode_e"] + p["decode_bias"]
        hidden = lrelu(first)
        hidden = hidden + lrelu(hidden @ p["decode_hidden"] + p["decode_hidden_bias"])
        fixed = t.base[c.batch] + t.offset[c.condition[rows]]
        return c.library[rows, None] * special.softmax(hidden @ p["decode_out"] + p["decode_out_bias"] + fixed, axis=-1)

    mean, log_sd = encode(np.log1p(1e4 * c.values / c.library[:, None]), effect, bad * e)
    z = mean + np.exp(log_sd) * np.asarray(jax.random.normal(keys[2], mean.shape))
    mu, theta = rate(z, effect, bad * e, slice(None)), np.exp(p["log_theta"])
    fit = (stats.nbinom.logpmf(c.values, theta, theta / (theta + mu)) + special.gammaln(c.values + 1)).sum(2)
    bound = (fit - kl_normal(mean, log_sd, 0, 0).sum(2)).mean(0)
    for i in range(len(bound)):
        bound[i] -= sum(cost[g] * t.plate[g] for g, dose in zip(c.given[i], c.dose[i], strict=True) if dose)
    bound -= c.failing * kl_normal(p["artefact_mean"], p["artefact_sd"], 0, 0).sum() * t.failing_plate
    # The same cell of the other quality, by the first particle.
    part, u, other = slice(0, AGAIN), effect[0, :AGAIN], (1 - bad[:AGAIN]) * e[0]
    level = np.log1p(1e4 / c.library[part, None] * rate(z[0, :AGAIN], u, other, part))
    m, s = encode(level, u, other)
    apart = kl_normal(mean[0, :AGAIN], log_sd[0, :AGAIN], m, s).mean(1)
    if not form.proper:
        gap = mean[0, :AGAIN] - m
        apart = (0.5 * gap**2 * np.exp(-2 * s) + s - log_sd[0, :AGAIN] - 0.5).sum(1)
    extra = form.beta * apart.mean() + form.alignment * alignment(form, p, t, c) + form.sparsity * q.mean()
    return float(extra - bound.mean()), float(-bound.mean())


@pytest.mark.parametrize("form", [SIGNED, PUBLISHED], ids=["signed", "published"])
def test_the_loss_is_its_equations(form: Form) -> None:
    random = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    sizes = (GENES, NODES, LATENTS, HIDDEN)
    begun = begin(form, sizes, np.zeros((NODES, NODES)), np.ones(GENES), np.zeros(GENES), random, 0)
    parameters: Parameters = {name: value + 0.3 * normal(*value.shape) for name, value in begun.items()}
    values = random.poisson(6, (4, GENES)).astype(np.float32)
    tables = Tables(
        normal(GENES), 1 + normal(GENES) ** 2, normal(2, GENES), normal(3, GENES), 1 / np.float32([3, 2, 5]),
        np.float32(0.25), normal(NODES, NODES) - 2, 0.2 * normal(NODES, NODES), normal(3, NODES),
        1 + normal(3, NODES) ** 2, 1 + normal(NODES, NODES) ** 2, np.array([4, 0, 2]), np.ones(NODES, np.float32),
    )  # fmt: skip
    cells = Minibatch(
        values, values.sum(1), np.array([[0, 1], [2, 0], [0, 0], [1, 0]]),
        np.float32([[1, -0.5], [1, 0], [0, 0], [0.7, 0]]), np.array([0, 1, 2, 2]), np.ones(4, np.float32),
        np.float32([0, 1, 1, 0]), np.int32(1),
    )  # fmt: skip
    key = jax.random.key(5)
    tree = jax.tree.map(jnp.asarray, (parameters, tables, cells))
    found = jax.jit(lambda p, t, c: loss(form, p, t, c, key))(*tree)
    plain = {name: np.asarray(value, float) for name, value in parameters.items()}
    np.testing.assert_allclose(found, restated(form, plain, tables, cells, key), rtol=2e-4)
