import numpy as np
import pytest

from semimech.data.condition import Condition
from semimech.data.network import Network
from semimech.simulate.allotment import Allotment, even_allotment
from semimech.simulate.arms import Stage, designed_arms
from semimech.simulate.courses import Courses
from semimech.simulate.perturbations import Family, actions_of
from semimech.simulate.rows import choices_of, sample_rows

NETWORK = Network.from_matrix(np.ones((3, 3)) - np.eye(3), tuple("ABC"))
ACTIONS = actions_of((Family(nodes=("A", "B"), efficiency=0.75),), NETWORK, np.random.default_rng(0))
PAIR = Condition((("A", 1.0), ("B", 1.0)))
TIMES = (24, 48)


def sampled(log_growth=0.0, differ=False, allotment=None):
    """Rows of controls, A, and A with B; `log_growth` is that of histories in which A was edited."""
    stages = (Stage(24, "E8"), Stage(24, "RPMI"))
    arms = designed_arms(stages, (Condition((("A", 1.0),)), PAIR), TIMES)
    choices, histories, batches = choices_of(arms, ACTIONS, 2, differ)
    growth = np.array([[log_growth] * 2 if "A" in history.perturbations else [0, 0] for history in histories])
    states = np.zeros((len(histories), 2, 3), np.float32)
    courses = Courses(tuple(histories), batches, np.array([24, 48], np.float32), states[:, 0], states, growth)
    allotment = allotment or even_allotment(arms, 2, 2000, 30)
    return sample_rows(choices, courses, ACTIONS, allotment, np.random.default_rng(1)), histories, batches


def test_each_arm_has_its_rows_at_each_time_in_each_batch():
    rows, histories, _ = sampled()
    assert len(rows.obs) == 2 * 2 * (30 + 2000 + 2000)
    assert rows.obs.groupby(["batch", "time"], observed=True).size().unique().tolist() == [4030]
    assert rows.obs.loc[rows.obs["time"] == 24, "medium"].unique().tolist() == ["E8"]
    assert len(histories) == 4  # nothing, A, B, both: shared by conditions and batches
    design = rows.design.toarray()
    assert (design.sum(1) == 0).sum() == 120
    np.testing.assert_array_equal(rows.batch, np.where(rows.obs["batch"] == "batch 1", 0, 1))


def test_batches_have_the_cells_that_are_allotted():
    rows, _, _ = sampled(
        allotment=Allotment(("monday", "friday"), {(0, "control"): 7, (0, "A"): 5, (1, "control"): 4, (1, "A+B"): 6})
    )
    given = rows.design.toarray().sum(1)
    counted = rows.obs.groupby(["batch", given, "time"], observed=True).size()
    assert counted.to_dict() == {
        (batch, number, time): cells
        for batch, number, cells in (("monday", 0, 7), ("monday", 1, 5), ("friday", 0, 4), ("friday", 2, 6))
        for time in (24.0, 48.0)
    }


def test_the_edited_flags_say_what_each_cell_went_through():
    rows, histories, _ = sampled()
    flags = rows.obs["true_edited"].astype(str).to_numpy()
    assert all("+".join(histories[h].perturbations) == flag for h, flag in zip(rows.history, flags, strict=True))
    both = flags[rows.design.toarray().sum(1) == 2]
    shares = {flag: (both == flag).mean() for flag in ("A+B", "A", "B", "")}
    assert shares == pytest.approx({"A+B": 0.5625, "A": 0.1875, "B": 0.1875, "": 0.0625}, abs=0.02)


def test_what_grows_is_found_more_often():
    rows, _, _ = sampled(log_growth=np.log(3.0))
    single = rows.design.toarray() @ [1, 10] == 1
    share = (rows.obs["true_edited"].astype(str) == "A").to_numpy()[single].mean()
    assert share == pytest.approx(0.75 * 3 / (0.75 * 3 + 0.25), abs=0.02)


def test_batches_that_differ_have_histories_of_their_own():
    rows, histories, batches = sampled(differ=True)
    assert len(histories) == 8
    np.testing.assert_array_equal(batches[rows.history], rows.batch)
