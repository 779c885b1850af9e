"""A missing extra is named in one sentence; a broken one is not hidden."""

from pathlib import Path

import pytest

from semimech.support.errors import UserError
from semimech.support.optional import require


def test_an_installed_module_is_returned() -> None:
    import json

    assert require("json", extra="chem") is json


@pytest.mark.parametrize("module", ["nosuchmodule", "nosuchmodule.inner"])
def test_a_missing_module_names_its_extra(module: str) -> None:
    with pytest.raises(UserError, match=r"nosuchmodule.*pip install 'semimech\[view\]'"):
        require(module, extra="view")


def test_a_module_that_lacks_another_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brokenmodule.py").write_text("import nosuchdependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="nosuchdependency"):
        require("brokenmodule", extra="view")
