"""Splits hold out what they say, and share no row."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.inner import inner_effects
from semimech.data.screen import Screen
from semimech.data.splits import SPLITS, Split, possible_splits, split_screen, stratified_half
from semimech.support.errors import UserError


def drugs(replicates: int = 2) -> Screen:
    """Four drugs at two doses and in all pairs, in replicates, with controls in every batch and medium."""
    rows = [{}] * 4
    for a in range(4):
        rows += [{a: 1.0}, {a: 2.0}]
        rows += [{a: 1.0, b: 1.0} for b in range(a)]
    rows = rows * replicates
    design = np.zeros((len(rows), 4))
    for i, doses in enumerate(rows):
        design[i, list(doses)] = list(doses.values())
    n = len(rows)
    return Screen(
        np.random.default_rng(0).normal(size=(n, 3)),
        sp.csr_array(design),
        tuple(Perturbation(name, "drug") for name in "abcd"),
        pd.DataFrame(index=list("xyz")),
        pd.DataFrame({"batch": np.repeat(["one", "two"], n // 2)}, index=[f"r{i}" for i in range(n)]),
        "log-ratio",
    )


def every_split(screen: Screen) -> list[Split]:
    return [split for name in possible_splits(screen) for split in split_screen(screen, name, seed=3, partitions=2)]


@pytest.fixture(params=["cells", "drugs", "times"])
def screen(request: pytest.FixtureRequest, small) -> Screen:
    if request.param == "cells":
        return small(rows=300)
    if request.param == "drugs":
        return drugs()
    cells = small(rows=300)
    return replace(cells, obs=cells.obs.assign(time=np.arange(300) % 3))


def test_train_and_test_share_no_row(screen: Screen) -> None:
    for split in every_split(screen):
        assert split.train.size
        assert split.test.size
        assert not set(split.train) & set(split.test), split.name
        assert len(set(split.train)) == len(split.train)


def test_controls_are_on_both_sides_of_every_batch(screen: Screen) -> None:
    for split in every_split(screen):
        for batch in np.unique(screen.batches):
            for side in (split.train, split.test):
                assert screen.is_control[side][screen.batches[side] == batch].any(), (split.name, split.fold)


def test_replicates_stay_on_one_side(screen: Screen) -> None:
    for split in every_split(screen):
        if split.name in ("cells", "context", "time"):
            continue
        train, test = (
            {screen.conditions[i].doses for i in screen.condition_codes[side] if not screen.conditions[i].is_control}
            for side in (split.train, split.test)
        )
        assert not train & test, split.name


def test_cells_has_every_condition_on_both_sides(small) -> None:
    screen = small(rows=300)
    for split in split_screen(screen, "cells", partitions=3):
        assert set(screen.condition_codes[split.train]) == set(screen.condition_codes[split.test])


def test_named_perturbations_are_held_out() -> None:
    screen = drugs()
    given = screen.design.toarray() != 0
    for split in split_screen(screen, "leave-one-out-complete"):
        j = "abcd".index(split.fold[-1])
        assert not given[split.train, j].any()
        assert given[split.test][~screen.is_control[split.test], j].all()
    for split in split_screen(screen, "leave-one-out"):
        j = "abcd".index(split.fold[-1])
        assert given[split.train, j].any()
        assert (given[split.train][given[split.train, j]].sum(1) == 1).all()
    (split,) = split_screen(screen, "combinations")
    assert (given[split.train].sum(1) <= 1).all()
    (split,) = split_screen(screen, "dose")
    assert (screen.design[split.train].toarray() <= 1).all()
    for split in split_screen(screen, "perturbations", partitions=4):
        singles = given[split.test].sum(1) == 1
        held = given[split.test][singles].any(0)
        assert held.any()
        assert not given[split.train][:, held].any()


def test_a_split_is_the_same_for_the_same_seed(screen: Screen) -> None:
    for name in possible_splits(screen):
        one, other = split_screen(screen, name, seed=5), split_screen(screen, name, seed=5)
        assert all((a.test == b.test).all() and (a.train == b.train).all() for a, b in zip(one, other))


def test_random_splits_differ_between_partitions(small) -> None:
    one, other = split_screen(small(rows=300), "cells", partitions=2)
    assert set(one.test) != set(other.test)


def test_what_cannot_be_split_is_said(small) -> None:
    with pytest.raises(UserError, match="split 'sideways' is unknown: use one of cells"):
        split_screen(small(), "sideways")
    with pytest.raises(UserError, match="cannot be made"):
        split_screen(small(), "dose")
    assert "dose" not in possible_splits(small())


def test_every_split_has_words() -> None:
    assert all(kind.holds_out and kind.asks for kind in SPLITS)
    assert len({kind.name for kind in SPLITS}) == len(SPLITS)


def test_inner_folds_are_carved_from_training_rows(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[np.ndarray] = []

    def noted(measured: Screen, rows: np.ndarray):
        used.append(np.asarray(rows))
        return effects_of(measured, rows)

    from semimech.data import inner
    from semimech.data.effects import effects_of

    monkeypatch.setattr(inner, "effects_of", noted)
    for split in every_split(screen):
        used.clear()
        pairs = inner_effects(screen, split, folds=3, seed=1)
        assert len(used) >= 2 * len(pairs)
        for fit, held in zip(used[::2], used[1::2]):
            assert set(fit) | set(held) <= set(split.train), split.name
            assert not set(fit) & set(held), split.name


def test_inner_folds_ask_the_question_of_the_outer_split() -> None:
    screen = drugs()
    (outer,) = split_screen(screen, "combinations")
    for fit, held in inner_effects(screen, outer):
        known = {name for condition in fit.conditions for name in condition.names}
        assert all(known.issuperset(condition.names) for condition in held.conditions)
        assert not {c.doses for c in fit.conditions} & {c.doses for c in held.conditions}
    for outer in split_screen(screen, "leave-one-out-complete"):
        pairs = inner_effects(screen, outer, folds=3)
        assert pairs
        for fit, held in pairs:
            learnt = {name for condition in fit.conditions for name in condition.names}
            assert all(set(condition.names) - learnt for condition in held.conditions)


def test_a_half_is_half_of_every_group_and_of_its_strata() -> None:
    random = np.random.default_rng(0)
    groups, strata = random.integers(6, size=500), random.integers(3, size=500)
    among = random.random(500) < 0.8
    half = stratified_half(groups, strata, among, random)
    assert not (half & ~among).any()
    for group in range(6):
        of_group = among & (groups == group)
        assert (half & of_group).sum() == of_group.sum() // 2
        for stratum in range(3):
            cell = of_group & (strata == stratum)
            assert abs((half & cell).sum() - cell.sum() / 2) <= 1


def test_a_half_of_one_row_in_each_batch_is_not_empty() -> None:
    """A condition measured once in each of four batches can be halved, and not always in the same way."""
    groups, strata = np.repeat([0, 1], 4), np.tile(np.arange(4), 2)
    halves = {
        tuple(stratified_half(groups, strata, np.ones(8, bool), np.random.default_rng(seed))) for seed in range(20)
    }
    assert all(sum(half[:4]) == 2 and sum(half[4:]) == 2 for half in halves)
    assert len(halves) > 3


def singles(kind: str = "drug", replicates: int = 3) -> Screen:
    """Six perturbations alone, each at one dose."""
    n = 6 * replicates
    return Screen(
        np.random.default_rng(0).normal(size=(n, 3)),
        sp.csr_array(np.tile(np.eye(6), (replicates, 1))),
        tuple(Perturbation(name, kind) for name in "abcdef"),  # type: ignore[arg-type]
        pd.DataFrame(index=list("xyz")),
        pd.DataFrame(index=[f"r{i}" for i in range(n)]),
        "log-ratio",
    )


def test_conditions_are_offered_only_where_perturbations_remain() -> None:
    """With singles at one dose a held-out condition is an unseen perturbation; asked for by name it is made."""
    assert "conditions" not in possible_splits(singles())
    assert "perturbations" in possible_splits(singles())
    assert split_screen(singles(), "conditions")
    assert "conditions" in possible_splits(drugs())


def test_replicates_in_another_context_do_not_make_conditions_possible() -> None:
    screen = singles(replicates=4)
    screen = replace(screen, obs=screen.obs.assign(time=np.repeat([1.0, 2.0], 12)))
    assert "conditions" not in possible_splits(screen)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("combinations", "the screen has no combinations; use leave-one-out-complete, perturbations"),
        ("dose", "the screen has no perturbation at more than one dose"),
        ("cells", "the screen has fewer than four rows of most conditions"),
        ("time", "the screen has no more than one time"),
        ("context", "the screen has one cell line, medium and batch only"),
    ],
)
def test_what_a_screen_lacks_for_a_split_is_said(name: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        split_screen(singles(), name)


def test_a_split_leaves_perturbed_rows_to_learn_from() -> None:
    pairs = replace(drugs(), design=sp.csr_array(np.tile([[1.0, 1, 0, 0], [0, 1, 1, 0]], (18, 1))))
    with pytest.raises(UserError, match="no perturbed rows would be left to learn from"):
        split_screen(pairs, "combinations")
    with pytest.raises(UserError, match="in the fold 'without b' no perturbed rows would be left to learn from"):
        split_screen(pairs, "leave-one-out-complete")
    assert not {"combinations", "leave-one-out-complete"} & set(possible_splits(pairs))


def test_a_split_leaves_control_rows_on_both_sides() -> None:
    """One control row cannot be on both sides; log-ratios are effects already and need none."""
    screen = drugs()
    kept = np.flatnonzero(~screen.is_control | (np.cumsum(screen.is_control) == 1))
    one = replace(
        screen,
        responses=screen.responses[kept],
        design=sp.csr_array(screen.design[kept]),
        obs=screen.obs.iloc[kept],
        scale="log-normalised",
    )
    with pytest.raises(UserError, match="no control rows would be left to be judged on"):
        split_screen(one, "combinations")
    assert possible_splits(one) == ()
    assert "combinations" in possible_splits(replace(one, scale="log-ratio"))


def test_a_batch_of_controls_alone_is_no_context_to_hold_out() -> None:
    screen = drugs()
    batch = np.where(screen.is_control & (np.arange(len(screen.obs)) % 2 == 0), "spare", screen.obs["batch"])
    folds = split_screen(replace(screen, obs=screen.obs.assign(batch=batch)), "context")
    assert [split.fold for split in folds] == ["batch one", "batch two"]
