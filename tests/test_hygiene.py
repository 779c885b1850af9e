"""Nothing of one machine, and nothing unfinished, is in the tree."""

import re
import subprocess
from pathlib import Path

import pytest

# Written in pieces so that this file does not find itself.
FORBIDDEN = {
    "absolute path of one machine": re.compile(r"(?<![\w.<])/(?:" + "work|root|tmp|home" + r")/[\w.-]"),
    "unfinished work": re.compile(r"\b(?:" + "TO" + "DO|FIX" + "ME|X" + "XX)\\b"),
    "package index host": re.compile(r"--(?:extra-)?index-" + r"url|https?://[\w.-]*py" + "pi[\\w.-]*/simple"),
    "pickle": re.compile(r"^\s*import pic" + "kle|allow_pic" + "kle=True", re.MULTILINE),
    "hidden failure": re.compile(r"^\s*except" + r"\s*:", re.MULTILINE),
}
SKIPPED_SUFFIXES = {".png", ".svg", ".h5ad", ".gz", ".parquet", ".ico"}
LARGEST_TRACKED_BYTES = 400_000


def tracked(checkout: Path) -> list[Path]:
    if not (checkout / ".git").exists():
        pytest.skip("not a git checkout: which files are tracked cannot be told")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, text=True, check=True)
    return [checkout / name for name in listing.stdout.split("\0") if name and (checkout / name).exists()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_tracked_files_are_free_of(what: str, checkout: Path) -> None:
    found = []
    for path in tracked(checkout):
        if path.suffix in SKIPPED_SUFFIXES:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(checkout)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_no_large_files(checkout: Path) -> None:
    large = [str(path) for path in tracked(checkout) if path.stat().st_size > LARGEST_TRACKED_BYTES]
    assert large == []


def test_requirements_have_lower_bounds_and_no_caps(checkout: Path) -> None:
    import tomllib

    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    capped = [line for lines in lists for line in lines if "<" in line or "==" in line or "~=" in line]
    unbounded = [line for lines in lists for line in lines if ">=" not in line and not line.startswith("semimech[")]
    assert (capped, unbounded) == ([], [])


def test_all_holds_every_extra_that_is_not_a_gpu(checkout: Path) -> None:
    import tomllib

    extras = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    assert set(extras["all"][0].removeprefix("semimech[").rstrip("]").split(",")) == set(extras) - {"all", "cuda"}


def test_constraints_are_names_and_versions(checkout: Path) -> None:
    for line in (checkout / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
