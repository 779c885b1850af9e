"""`semimech doctor` tells what is really there."""

import json
import os
from pathlib import Path

import pytest

from semimech.cli import main
from semimech.support import machine


def test_json_holds_the_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    import jax

    monkeypatch.setenv("SEMIMECH_DATA", str(tmp_path))
    assert main(["doctor", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["versions"]["jax"] == jax.__version__
    assert found["device"]["platform"] == jax.devices()[0].platform
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert found["data_folders"][0] == {"use": "SEMIMECH_DATA", "path": str(tmp_path), "state": "readable"}


def test_text_has_units_and_names_a_missing_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("SEMIMECH_DATA", str(tmp_path / "nowhere"))
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "GiB" in shown
    assert "nowhere (not there yet)" in shown


def test_advice_on_an_unused_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/dev/nvidia0")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert "JAX_PLATFORMS" in str(machine._advice("cpu"))
    monkeypatch.delenv("JAX_PLATFORMS")
    assert "semimech[cuda]" in str(machine._advice("cpu"))
    assert machine._advice("gpu") is None
