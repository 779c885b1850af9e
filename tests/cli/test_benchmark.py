"""`semimech benchmark recovery` on one small random network; its options are checked."""

import signal
from pathlib import Path

import pandas as pd
import pytest

from semimech.cli import main
from semimech.support.progress import Monitor


def test_a_small_suite_finds_a_random_network(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "found.csv"
    asked = ["benchmark", "recovery", "--random", "1", "--seeds", "2", "--samples", "2", "--noise", "0.01"]
    assert main([*asked, "--steps", "300", "--out", str(out)]) == 0
    found = pd.read_csv(out)
    assert list(found["seed"]) == [0, 1]
    assert (found["auprc"] > 0.9).all()
    assert (found["base_rate"] < 0.5).all()
    said = capsys.readouterr()
    assert "random 1" in said.out
    assert "random 1, noise 0.01, 2 samples: fitting courses" in said.err
    # What is there is not made again; another setting is made beside it, but not once the time is up.
    kept = out.read_bytes()
    again = [*asked, "--steps", "300", "--out", str(out)]
    assert main(again) == 0
    assert main([*again, "--samples", "1", "--minutes", "0"]) == 0
    assert "1 of 2 settings are left" in capsys.readouterr().out
    assert out.read_bytes() == kept
    assert main(["benchmark", "recovery", "--minutes", "0", "--out", str(tmp_path / "none.csv")]) == 2
    assert "No fit was made within 0 minutes" in capsys.readouterr().err
    out.write_text("source,target\nA,B\n", encoding="utf-8")
    assert main(again) == 2
    assert "does not hold fits of the recovery suite" in capsys.readouterr().err


def test_it_stops_where_the_fit_next_tells_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = []

    def recover(*_: object, monitor: Monitor, **__: object) -> list[object]:
        signal.raise_signal(signal.SIGINT)
        reached.append("after Ctrl-C")
        monitor("fitting", 1, 2)
        reached.append("after the monitor")
        return []

    monkeypatch.setattr("semimech.runs.recovery_suite.recover", recover)
    assert main(["benchmark", "recovery", "--random", "1", "--out", str(tmp_path / "found.csv")]) == 130
    assert reached == ["after Ctrl-C"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["--random", "0"], "give a folder of topologies"),
        (["--networks", "HSC"], "no network HSC"),
        (["--seeds", "0"], "--seeds is 0"),
        (["--noise", "-1"], "none below 0"),
        (["--out", "found.txt"], "does not end in .csv"),
    ],
)
def test_options_are_checked(wrong: list[str], words: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["benchmark", "recovery", *wrong]) == 2
    assert words in capsys.readouterr().err


def test_a_folder_without_the_topologies_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["benchmark", "recovery", str(tmp_path)]) == 2
    assert "lacks the topologies LI, CY" in capsys.readouterr().err


def test_all_ten_topologies_are_read(data_folder: Path) -> None:
    from semimech.runs.recovery import beeline_cases

    cases = {case.name: case for case in beeline_cases(data_folder / "beeline")}
    assert len(cases) == 10
    assert (len(cases["GSD"].weights), int((cases["GSD"].weights != 0).sum())) == (19, 79)
