"""What training does where no bound is finite."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import pytest
from jax import Array
from tests.models.vae.test_alignment import FORM

from semimech.models.vae import training
from semimech.models.vae.form import Minibatch, Parameters, Tables
from semimech.models.vae.training import Schedule, train
from semimech.support.errors import UserError
from semimech.support.progress import silent

ONE = jnp.ones((1, 1, 1))
CELLS = Minibatch(ONE, ONE[0], ONE, ONE, ONE[0], ONE[0], ONE[0], ONE[0, 0])


def test_a_training_that_diverges_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def loss(form: object, parameters: Parameters, *_: object) -> tuple[Array, Array]:
        return parameters["w"].sum() * jnp.nan, jnp.array(jnp.nan)

    monkeypatch.setattr(training, "loss", loss)
    cells: Any = SimpleNamespace(epoch=lambda random: iter([CELLS]))
    # A form of its own, for compiled steps stay.
    form, tables, start = replace(FORM, hops=0), Tables(*([ONE[0]] * 13)), {"w": jnp.ones(1)}
    with pytest.raises(UserError, match=r"diverged at the rate 0.5: give a lower rate, for example 0.05"):
        train(form, Schedule(2, 2, 0.5, 0.0), start, tables, cells, [CELLS], 0, silent)
