"""Exit codes and sentences of the command line's entry point."""

import pytest

from semimech.cli import main
from semimech.cli.main import COMMANDS
from semimech.support.errors import UserError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """Make `semimech doctor` raise the given exception."""

    def arrange(error: BaseException) -> None:
        def doctor() -> None:
            raise error

        monkeypatch.setattr("semimech.cli.doctor.doctor", doctor)

    return arrange


def test_help_names_every_command(capsys: pytest.CaptureFixture) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture) -> None:
    assert main([command, "--help"]) == 0
    assert f"Usage: semimech {command}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture) -> None:
    import semimech

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == semimech.__version__


@pytest.mark.parametrize(
    "tokens", [["nosuchcommand"], ["doctor", "--nosuchoption"], ["doctor", "--format", "xml"], ["check"]]
)
def test_wrong_usage_is_one_line_and_code_2(tokens: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(tokens) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("semimech: ")
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err


def test_a_near_miss_is_suggested(capsys: pytest.CaptureFixture) -> None:
    assert main(["chek"]) == 2
    assert 'no command "chek"; did you mean check?' in capsys.readouterr().err


def test_a_near_miss_within_a_group_is_suggested(capsys: pytest.CaptureFixture) -> None:
    assert main(["audit", "chek"]) == 2
    assert 'no command "audit chek"; did you mean audit check?' in capsys.readouterr().err


def test_user_error_is_its_sentence_and_code_2(failing, capsys: pytest.CaptureFixture) -> None:
    failing(UserError("expr.csv row 3\nis empty: fill it."))
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "semimech: expr.csv row 3 is empty: fill it.\n"


def test_interrupt_says_how_to_go_on(failing, capsys: pytest.CaptureFixture) -> None:
    failing(KeyboardInterrupt())
    assert main(["doctor"]) == 130
    assert "semimech run --resume" in capsys.readouterr().err


def test_interrupt_may_bring_its_own_remedy(failing, capsys: pytest.CaptureFixture) -> None:
    failing(KeyboardInterrupt("go on with semimech run --resume my-run."))
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "semimech: Interrupted; go on with semimech run --resume my-run.\n"


def test_unexpected_error_asks_for_a_report(failing, capsys: pytest.CaptureFixture) -> None:
    failing(ZeroDivisionError("division by zero"))
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in shown
    assert "--debug" in shown
    assert "Traceback" not in shown


def test_missing_rights_name_the_file(failing, capsys: pytest.CaptureFixture) -> None:
    failing(PermissionError(13, "Permission denied", "out/scores.csv"))
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == "semimech: Permission denied: out/scores.csv.\n"


@pytest.mark.parametrize("how", ["option", "environment"])
def test_debug_shows_the_traceback(how: str, failing, monkeypatch, capsys: pytest.CaptureFixture) -> None:
    failing(ZeroDivisionError())
    if how == "environment":
        monkeypatch.setenv("SEMIMECH_DEBUG", "1")
    assert main(["doctor", "--debug"] if how == "option" else ["doctor"]) == 1
    assert "Traceback" in capsys.readouterr().err
