"""Groups of members: in their order, all told of, and stopped together."""

from __future__ import annotations

import numpy as np
import pytest

from semimech.models.fitting import Trained
from semimech.models.groups import in_groups


def square(numbers, monitor):
    """A group whose best parameters are the squares of its members' numbers."""
    for done in range(3):
        monitor("group", done, 2)
    curve = np.asarray(numbers, float)[:, None]
    return Trained({"x": np.asarray(numbers) ** 2}, {"x": np.asarray(numbers)}, curve, -curve)


@pytest.mark.parametrize(("backend", "sizes"), [("cpu", {1}), ("gpu", {4})])
def test_members_come_back_in_order(backend, sizes, monkeypatch):
    monkeypatch.setattr("jax.default_backend", lambda: backend)
    seen = []

    def group(numbers, monitor):
        seen.append(len(numbers))
        return square(numbers, monitor)

    # 11 members of which at most 4 fit: three groups of four, the last one filled up with its last member.
    trained = in_groups(group, 11, 400 * 2**20 // (6 * 4), lambda *_: None, "training")
    np.testing.assert_array_equal(trained.best["x"], np.arange(11) ** 2)
    np.testing.assert_array_equal(trained.validation_error[:, 0], -np.arange(11.0))
    assert set(seen) == sizes


def test_few_groups_are_as_many_as_there_are_cores(monkeypatch):
    monkeypatch.setattr("semimech.models.groups.cores", lambda: 2)
    seen = []

    def group(numbers, monitor):
        seen.append(numbers.tolist())
        return square(numbers, monitor)

    trained = in_groups(group, 5, 1, lambda *_: None, "training", few=True)
    assert sorted(seen) == [[0, 1, 2], [3, 4, 4]]
    np.testing.assert_array_equal(trained.last["x"], np.arange(5))


def test_programs_that_factorise_are_not_run_beside_each_other(monkeypatch):
    monkeypatch.setattr("semimech.models.groups.cores", lambda: 2)
    running, most = [], []

    def group(numbers, monitor):
        running.append(numbers)
        most.append(len(running))
        trained = square(numbers, monitor)
        running.pop()
        return trained

    for few in (True, False):
        trained = in_groups(group, 5, 1, lambda *_: None, "training", few=few, factorises=True)
        np.testing.assert_array_equal(trained.last["x"], np.arange(5))
    assert max(most) == 1
    assert len(most) == 1 + 5


def test_progress_is_that_of_all_groups():
    told = []
    in_groups(square, 5, 1, lambda _, done, total: told.append((done, total)), "training")
    assert max(done for done, _ in told) == 5
    assert {total for _, total in told} == {5}


def test_an_interruption_stops_every_group():
    finished = []

    def group(numbers, monitor):
        trained = square(numbers, monitor)
        finished.append(numbers)
        return trained

    def monitor(stage, done, total):
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_groups(group, 1000, 1, monitor, "training")
    assert len(finished) <= 2  # each finished group adds one to what the monitor hears


def test_the_cause_is_raised_and_not_what_followed_from_it():
    """Groups earlier in order may hear of the stop first; what is raised is why they had to stop."""

    def group(numbers, monitor):
        if numbers[0] == 7:
            raise ValueError("the seventh")
        return square(numbers, monitor)

    for _ in range(20):
        with pytest.raises(ValueError, match="the seventh"):
            in_groups(group, 200, 1, lambda *_: None, "training")
