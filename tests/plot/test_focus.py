"""The figures of the focus show the numbers of the table."""

import numpy as np
import pandas as pd
import pytest

from semimech.plot.focus import READINGS, focus_curves, focus_surface


def table() -> pd.DataFrame:
    none = float("nan")
    alone = ("regression", "squared error")
    thresholds = {reading: (none,) if reading in alone else (none, 7.0, 8.0) for reading in READINGS}
    rows = [
        (reading, threshold, n, 0.8 + n / 1000 + (threshold == 8) * n / 500)
        for reading in READINGS
        for threshold in thresholds[reading]
        for n in (0, 50, 100)
    ]
    frame = pd.DataFrame(rows, columns=["reading", "threshold", "outsiders", "mean"])
    return frame.assign(low=frame["mean"] - 0.1, high=frame["mean"] + 0.1)


def test_the_curves_are_those_over_all_thresholds_with_n_and_the_theory():
    figure = focus_curves(table(), {"ranking": 50.0}, np.array([0.9, 0.8, 0.7]))
    ranking, error = figure.axes[2], figure.axes[4]
    assert ranking.lines[0].get_ydata() == pytest.approx([0.8, 0.85, 0.9])
    assert ranking.lines[1].get_xdata()[0] == 50
    assert error.lines[1].get_ydata().tolist() == [0.9, 0.8, 0.7]
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes[:5])


def test_the_surface_shows_changes_from_no_outsiders():
    figure = focus_surface(table())
    assert [ax.get_title(loc="left") for ax in figure.axes[:3]] == ["fixed threshold", "recalibrated", "ranking"]
    shown = np.asarray(figure.axes[0].collections[0].get_array())
    assert np.allclose(shown, [[0, 0.05, 0.1], [0, 0.15, 0.3]])
