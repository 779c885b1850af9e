"""The surface as a whole: where pooling helps, where it harms, what resuming keeps, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from tests.audit.focus.pools import pool_of

from semimech.audit.focus import Kernel, Pool, Protocol, curves, gains, matched, measure, theory, verdict
from semimech.audit.focus.division import counts, divide
from semimech.audit.focus.gains import estimate
from semimech.audit.focus.readings import FIXED, RANKING, READINGS, RECALIBRATED, REGRESSION
from semimech.support.errors import UserError

LEARNER = Kernel((0.3,))


def whole(pool: Pool, repeats: int = 20):
    surface = measure(pool, LEARNER, Protocol(tuple(pool.quantiles(3)), 40, repeats))
    return surface, {one.reading: one for one in gains(surface) if one.threshold is None}


def test_outsiders_of_the_same_law_help_and_of_the_opposite_law_harm() -> None:
    _, same = whole(pool_of("same", outside=240))
    assert same[RANKING].pooling.low > 0
    assert same[REGRESSION].pooling.low > 0
    assert verdict(list(same.values())).startswith("Pooling helps")
    assert same[RANKING].best > 0
    _, opposite = whole(pool_of("opposite", outside=240))
    assert opposite[RANKING].conflict
    assert opposite[RANKING].pooling.high < 0
    assert verdict(list(opposite.values())).startswith("Pooling blurs the learner")
    # N* is chosen without the test half, and still keeps most of what all outsiders would lose.
    assert opposite[RANKING].focus.mean > 0.8 * (opposite[RANKING].none.mean - opposite[RANKING].all.mean)


def test_a_shift_of_the_outsiders_moves_the_threshold_and_not_the_ranking() -> None:
    _, found = whole(pool_of("shift", series=120, outside=240))
    assert found[FIXED].conflict
    assert not found[RECALIBRATED].conflict
    assert not found[RANKING].conflict
    assert verdict(list(found.values())).startswith("Pooling moves the threshold, not the ranking")


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    pool, told = pool_of(outside=40), []
    protocol = Protocol(tuple(pool.quantiles(2)), 40, 3)
    first = measure(pool, LEARNER, protocol, folder=tmp_path, workers=1)
    kept = tmp_path / "repeat-0001.npz"
    before = kept.stat().st_mtime_ns
    more = measure(
        pool,
        LEARNER,
        replace(protocol, repeats=5),
        folder=tmp_path,
        workers=2,
        monitor=lambda stage, done, total: told.append((done, total)),
    )
    assert np.array_equal(more.outer[:3], first.outer, equal_nan=True)
    assert kept.stat().st_mtime_ns == before
    assert told == [(done, 5) for done in range(6)]
    with pytest.raises(UserError, match="holds repeats with another seed"):
        measure(pool, LEARNER, replace(protocol, seed=1), folder=tmp_path)
    assert np.array_equal(measure(pool, LEARNER, protocol, workers=2).inner, first.inner, equal_nan=True)


def test_outsiders_come_nearest_first_and_no_test_row_is_learnt_from() -> None:
    pool = pool_of()
    for ordering, reduce in (("mean", np.mean), ("max", np.max)):
        division = divide(pool, 3, ordering=ordering, seed=1)
        near = reduce(pool.similarity[np.ix_(division.outside, division.train)], axis=1)
        assert (np.diff(near) <= 1e-12).all()
        assert set(division.train) | set(division.test) == set(np.flatnonzero(pool.in_series))
        assert not set(division.train) & set(division.test)
    assert counts(60, 25).tolist() == [0, 25, 50, 60]
    assert counts(0, 25).tolist() == [0]


def test_the_table_holds_every_reading() -> None:
    surface, found = whole(pool_of(outside=40), 4)
    table = curves(surface)
    assert set(table["reading"]) == {*READINGS, REGRESSION, "squared error"}
    assert len(table) == (3 * 3 + 3 + 2) * 2
    assert (table["low"] <= table["mean"]).all()
    row = table[(table["reading"] == REGRESSION) & (table["outsiders"] == 0)].iloc[0]
    assert row["mean"] == pytest.approx(found[REGRESSION].none.mean)


def test_the_interval_is_wide_enough_for_repeats_that_share_compounds() -> None:
    covered = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        values = generator.normal(size=40)
        halves = [generator.permutation(40)[:20] for _ in range(30)]
        one = estimate(np.array([values[half].mean() for half in halves]), (20, 20))
        covered += one.low <= 0 <= one.high
    assert covered >= 54


def test_a_single_score_has_no_interval() -> None:
    one = estimate(np.array([np.nan, 0.2]), (20, 20))
    assert (one.mean, one.low, one.high) == (0.2, -np.inf, np.inf)
    assert np.isnan(estimate(np.array([np.nan]), (20, 20)).low)


def test_the_theory_has_its_minimum_where_it_says() -> None:
    numbers = np.arange(0, 400, 10)
    error = 0.2 + 2.0 / (50 + numbers) + 0.05 * (numbers / (50 + numbers)) ** 2
    line = theory(numbers, error, 50)
    assert (line.floor, line.variance, line.bias) == pytest.approx((0.2, 2.0, 0.05))
    least = minimize_scalar(lambda n: 2 / (50 + n) + 0.05 * (n / (50 + n)) ** 2, bounds=(0, 400), method="bounded")
    assert line.best == pytest.approx(least.x, rel=1e-3)
    assert line.explained == pytest.approx(1.0)
    # The bias at which N* becomes infinite: Δ² = σ²/(2n).
    assert theory(numbers, 2.0 / (50 + numbers) + 0.019 * (numbers / (50 + numbers)) ** 2, 50).best == float("inf")


def test_the_matched_control_tells_where_assay_and_mechanism_are_one() -> None:
    inside = np.arange(200) < 100
    mixed = matched(inside, np.where(np.arange(200) % 2, "a", "b"), "assay")
    assert mixed.enough
    assert mixed.eligible.sum() == 100
    apart = matched(inside, np.where(inside, "a", "b"), "assay")
    assert not apart.enough
    assert "mechanism and assay cannot be told apart" in apart.sentence


def test_a_matched_curve_learns_from_the_eligible_only() -> None:
    pool = pool_of("opposite")
    eligible = np.arange(len(pool.values)) % 2 == 0
    surface = measure(pool, LEARNER, Protocol(tuple(pool.quantiles(1)), 40, 2), eligible=eligible)
    assert surface.counts[-1] == eligible[pool.outside].sum()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"in_series": np.arange(180) < 12}, "series has 12 rows"),
        ({"relation": np.full(180, -1)}, "Every value of the series is censored"),
        ({"values": np.full(180, np.inf)}, "Row 0 has no finite value"),
        ({"similarity": np.eye(3)}, r"similarity is \(3, 3\)"),
        ({"features": np.eye(3)}, "3 rows of features"),
    ],
)
def test_a_pool_that_cannot_be_measured_is_refused(changes: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        replace(pool_of(), **changes)


def test_a_threshold_of_one_class_is_refused() -> None:
    pool = pool_of()
    with pytest.raises(UserError, match="The threshold 99 leaves fewer than 6"):
        measure(pool, LEARNER, Protocol((0.0, 99.0)))
    with pytest.raises(UserError, match="at least 2 repeats"):
        Protocol((0.0,), repeats=1)
