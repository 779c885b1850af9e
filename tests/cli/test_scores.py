"""`semimech scores` tells of every card."""

import json

import pytest

from semimech.cli import main
from semimech.evaluate.coverage import INTERVAL_SCORES
from semimech.evaluate.scores import SCORES


def test_text_has_every_card_with_its_equation(capsys: pytest.CaptureFixture) -> None:
    assert main(["scores"]) == 0
    shown = capsys.readouterr().out
    for card in (*SCORES, *INTERVAL_SCORES):
        assert f"{card.name}: {card.title}" in shown
        assert card.equation in shown


def test_json_has_every_fact(capsys: pytest.CaptureFixture) -> None:
    assert main(["scores", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [card["name"] for card in told] == [card.name for card in (*SCORES, *INTERVAL_SCORES)]
    for card in told:
        assert set(card) == {
            "name", "title", "family", "equation", "best", "higher_is_better", "needs", "reference"
        }  # fmt: skip
        assert card["equation"]
        assert card["needs"]
