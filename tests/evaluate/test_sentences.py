"""The words of the verdict."""

import numpy as np
import pandas as pd
import pytest

from semimech.evaluate.sentences import headline, number, pair_sentences, sentences_of


def line(split: str, model: str, value: float, verdict: str = "", score: str = "pearson", **more) -> dict:
    best = "" if model in {"ridge", "mean-response"} else "ridge"
    return {
        "split": split, "model": model, "is_baseline": not best, "score": score, "value": value,
        "lower": value - 0.01, "upper": value + 0.01, "best_baseline": best, "best_baseline_value": 0.937,
        "difference": value - 0.937, "difference_lower": value - 0.947, "difference_upper": value - 0.927,
        "verdict": verdict, "ceiling": np.nan, "ceiling_stepped": np.nan, "n_conditions": 27,
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.938, ".938"), (-0.02, "-.020"), (1.2, "1.200"), (10.04, "10"), (0, ".000"), (np.nan, "none"), (-1.5, "-1.500")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_each_model_gets_its_sentence_and_the_best_speaks_first() -> None:
    table = pd.DataFrame(
        [
            line("combinations", "ridge", 0.937),
            line("combinations", "small", 0.92, "worse"),
            line("combinations", "cellbox", 0.938, "equal"),
        ]
    )
    said = sentences_of(table, "pearson", {})
    assert said[0] == (
        "On held-out combinations, cellbox reaches r = .938 [.928, .948]; ridge on the doses .937: "
        "the simple model does as well, use ridge on the doses."
    )
    assert said[1].startswith("On held-out combinations, small reaches r = .920")
    assert said[1].endswith("worse than this baseline, by .017 [.007, .027]: use ridge on the doses.")
    assert headline(table, "pearson", said) == f"No model beats the best baseline. {said[0]}"


def test_a_win_on_some_splits_is_said_to_be_on_those() -> None:
    table = pd.DataFrame(
        [line("combinations", "cellbox", 0.97, "better"), line("leave-one-out", "cellbox", 0.938, "equal")]
    )
    said = sentences_of(table, "pearson", {"leave-one-out": "too few rows"})
    first = headline(table, "pearson", said)
    assert first.startswith("cellbox beats the best baseline on held-out combinations; on the other splits no model")
    assert "better than every baseline, by .033" in said[0]
    assert said[1].endswith("No ceiling: too few rows.")
    both = table.assign(verdict="better")
    assert headline(both, "pearson", said).startswith("cellbox beats the best baseline on every split.")
    two = pd.concat([both, both.assign(model="other")])
    assert headline(two, "pearson", said).startswith("cellbox and other beat the best baseline")


def test_too_wide_an_interval_is_no_verdict() -> None:
    table = pd.DataFrame(
        [line("combinations", "cellbox", 0.94, "not told apart", difference_lower=-0.1, difference_upper=0.11)]
    )
    said = sentences_of(table, "pearson", {})
    assert said[0].endswith(
        "it cannot be told apart from ridge on the doses with 27 conditions (better by .003 [-.100, .110])."
    )
    assert headline(table, "pearson", said).startswith("No model is shown to beat the best baseline.")


def test_for_cells_lower_is_better_and_the_centred_correlation_is_told() -> None:
    table = pd.DataFrame(
        [
            line("cells", "a", 1.02, "worse", "nmse"),
            line("cells", "b", 0.6, "equal", "nmse", ceiling=0.5, ceiling_stepped=0.3),
            line("cells", "a", 0.05, "", "centred-pearson"),
            line("cells", "b", 0.4, "", "centred-pearson"),
        ]
    )
    said = sentences_of(table, "nmse", {})
    assert said[0].startswith("On held-out cells, b reaches NMSE = .600")
    assert "Beyond the mean response, r = .400 [.390, .410]." in said[0]
    assert said[0].endswith("The ceiling, as many rows measured again, is NMSE = .300.")
    assert "it has learnt nothing" in said[1]


def compared(model: str, other: str, difference: float, verdict: str) -> dict:
    return {
        "split": "combinations", "model": model, "other": other, "score": "pearson", "difference": difference,
        "difference_lower": difference - 0.002, "difference_upper": difference + 0.001, "verdict": verdict,
        "n_conditions": 27,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("none", "shuffled", "end"),
    [
        ((-0.01, "worse"), (0.012, "better"), "what the table says helps."),
        ((-0.01, "worse"), (0.0, "equal"), "it helps, but which edges it names is not shown to matter."),
        ((0.0, "equal"), (0.0, "equal"), "it does not help to predict these data."),
        ((0.01, "better"), (0.0, "equal"), "it does harm."),
        ((0.0, "not told apart"), (0.0, "equal"), "whether it helps cannot be told with 27 conditions."),
    ],
)
def test_what_an_edge_table_is_worth_is_one_sentence(none, shuffled, end) -> None:
    rows = [
        compared("cellbox", "cellbox-prior", *none),
        compared("cellbox", "cellbox-shuffled-prior", 0.0, "equal"),
        compared("cellbox-prior", "cellbox-shuffled-prior", *shuffled),
    ]
    said = pair_sentences(pd.DataFrame(rows), "pearson")
    assert len(said) == 1
    assert said[0].endswith(end)
    if none == (-0.01, "worse"):
        assert "changes the score by .010 [.009, .012]" in said[0]
    assert len(pair_sentences(pd.DataFrame(rows[1:]), "pearson")) == 2


@pytest.mark.parametrize(
    ("verdict", "end"),
    [
        ("better", "it helps to predict these data."),
        ("equal", "it is not needed to predict these data."),
        ("worse", "it does harm."),
        ("not told apart", "whether it helps cannot be told with 27 conditions."),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_the_network_adds_is_one_sentence_with_its_interval(verdict, end, is_first) -> None:
    turned = {"better": "worse", "worse": "better"}.get(verdict, verdict)
    row = (
        compared("cellbox", "cellbox-no-network", 0.01, verdict)
        if is_first
        else compared("cellbox-no-network", "cellbox", -0.01, turned)
    )
    ends = "[.008, .011]" if is_first else "[.009, .012]"
    assert pair_sentences(pd.DataFrame([row]), "pearson") == (
        f"On held-out combinations, the internal network of cellbox changes the score by .010 {ends} against the same "
        f"model without it (positive is better): {end}",
    )
