"""What is said of long work: a bar on a terminal, a line for every tenth elsewhere, nothing on standard output."""

import pytest

from semimech.cli.progress import progress_bar


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)


@pytest.mark.usefixtures("no_terminal")
def test_a_line_for_every_tenth(capsys: pytest.CaptureFixture) -> None:
    with progress_bar("run demo") as monitor:
        for step in range(101):
            monitor("fold [1]: fitting" if step < 50 else "", step, 100)
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "  0 %  fold [1]: fitting"
    assert lines[-1] == "100 %  run demo"


@pytest.mark.usefixtures("no_terminal")
def test_a_second_work_is_told_too(capsys: pytest.CaptureFixture) -> None:
    with progress_bar("audit") as monitor:
        for work in ("reading", "focus"):
            for step in (0, 1, 1, 2):
                monitor(work, step, 2)
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["0", "50", "100"] * 2


@pytest.mark.usefixtures("no_terminal")
def test_nothing_done_says_nothing(capsys: pytest.CaptureFixture) -> None:
    with progress_bar("check"):
        pass
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_a_bar_with_the_time_left_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with progress_bar("run demo") as monitor:
        monitor("fold [1]: fitting", 1, 2)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "fold [1]: fitting" in shown.err
    assert "time left" in shown.err
