"""`semimech run`: read, check, split, fit baselines and models, judge, network, report."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from semimech.cli.interrupt import stopping
from semimech.cli.progress import progress_bar
from semimech.cli.source import DEMO, is_demo, read_source
from semimech.data.options import ReadOptions
from semimech.data.screen import Screen
from semimech.runs.folder import RunFolder
from semimech.support.errors import UserError


def run(
    data: Path | None = None,
    /,
    *,
    models: tuple[str, ...] | None = None,
    split: tuple[str, ...] | None = None,
    partitions: int | None = None,
    seeds: int | None = None,
    seed: int | None = None,
    prior: Path | None = None,
    level: float | None = None,
    steady_state: str | None = None,
    config: Path | None = None,
    out: Path | None = None,
    resume: Path | None = None,
    read: Annotated[ReadOptions | None, Parameter(name="*")] = None,
) -> None:
    """Judge baselines and models on a screen, learn its network, and write a report.

    Parameters
    ----------
    data
        Screen: CellBox folder, h5ad, or table; 'demo' is the built-in simulated screen.
    models
        Models to fit beside the baselines, such as cellbox.
    split
        What is held out; repeat for several. Chosen to suit the screen where not given.
    partitions
        Random partitions of the splits that are random.
    seeds
        Fits of each model with different seeds, whose spread is reported.
    seed
        The first seed; everything random follows from it.
    prior
        Table of edges (source, target, weight): CellBox, and gpo-vae where it is among the models, are fitted with it
        as well, and with its node names shuffled.
    level
        Level of the intervals of predictions, such as 0.8; 0.9 where not given.
    steady_state
        What holds untreated cells in neural-courses: auto, trajectory, field, hard or controls (as data). Refused
        where controls move; the same with lambda = 0 stands beside it.
    config
        run.toml with the sections [run], [read] and [model.NAME].
    out
        Run folder to write; NAME-run in the current folder where not given.
    resume
        Run folder to go on with after an interruption; no other option is needed.
    read
        How the data are to be read where the reader's own guess is not wanted.
    """
    if resume is not None:
        _finish(*_resumed(resume, data))
        return
    if data is None:
        raise UserError("Say which screen to run: semimech run DATA, or semimech run demo for the built-in one.")
    given: dict[str, Any] = {
        "partitions": partitions,
        "seeds": seeds,
        "seed": seed,
        "level": level,
        "steady_state": steady_state,
        "models": _each(models),
        "splits": _each(split),
        "prior": None if prior is None else str(prior),
    }
    _finish(*_begun(data, config, given, read or ReadOptions(), out))


def _begun(
    data: Path, config: Path | None, given: dict[str, Any], read: ReadOptions, out: Path | None
) -> tuple[Screen, Path, Any, dict[str, Any], dict[str, Any]]:
    from semimech.runs.options import options_from, read_run_file

    content = read_run_file(config) if config else {}
    options = options_from(content.get("run", {}), content.get("model", {}), given)
    if options.prior is not None:  # the run may be gone on with from another folder
        options = replace(options, prior=str(Path(options.prior).resolve()))
    read = _merged(content.get("read", {}), read)
    out = out or Path(f"{DEMO if is_demo(data) else _stem(data)}-run")
    # A run killed in its first moment leaves no more than the beginning of its config.json.
    if out.exists() and (not out.is_dir() or any(not file.name.startswith(".config.") for file in out.iterdir())):
        raise UserError(f"{out} is there already: give another --out, or go on with it by --resume {out}.")
    screen, provenance, findings = _read(data, read)
    return screen, out, options, provenance | _prior_hash(options.prior), findings


def _resumed(folder: Path, data: Path | None) -> tuple[Screen, Path, Any, dict[str, Any], dict[str, Any]]:
    from semimech.runs.pipeline import options_of

    run = RunFolder.open(folder)
    before = run.json("config")["provenance"]
    source = data or Path(before["source"])
    section = {name: value for name, value in before["read"].items() if not name.endswith("_sha256")}
    screen, provenance, findings = _read(source, _merged(section, ReadOptions()))
    options = options_of(run)
    provenance |= _prior_hash(options.prior)
    if any(provenance.get(part) != before.get(part) for part in ("sha256", "read", "prior_sha256")):
        what = f"{source}, or a file read with it, has changed since {folder} was begun"
        raise UserError(f"{what}: begin a new run with another --out.")
    provenance["source"] = before["source"]
    return screen, folder, options, provenance, findings


def _finish(screen: Screen, out: Path, options: Any, provenance: dict[str, Any], findings: dict[str, Any]) -> None:
    """Do the work, write the report, and say where it is and what came out."""
    from rich.console import Console

    from semimech.report.build import build_report
    from semimech.runs.pipeline import run_screen

    try:
        with progress_bar(f"run {screen.name}") as bar, stopping(bar) as monitor:
            run = run_screen(screen, out, options, provenance=provenance, findings=findings, monitor=monitor)
            monitor("writing the report", 1, 1)
            report = build_report(run)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"what is finished is kept: go on with semimech run --resume {out}") from None
    console = Console(highlight=False)
    verdict = run.json("verdict")
    console.print(f"\n{verdict['headline']}\n", markup=False, style="bold")
    for sentence in verdict["sentences"]:
        if sentence not in verdict["headline"]:
            console.print(f"- {sentence}", markup=False)
    console.print(f"\nReport: {report.resolve()}", markup=False, soft_wrap=True)


def _read(data: Path, read: ReadOptions) -> tuple[Screen, dict[str, Any], dict[str, Any]]:
    """The screen, where it came from, and what was found in it."""
    from semimech.data.check import check_screen
    from semimech.runs.source import hash_path, hash_screen

    options = {name: value for name, value in _plain(asdict(read)).items() if value not in (None, [], ())}
    screen, reading = read_source(data, read)
    source, digest = (DEMO, hash_screen(screen)) if reading is None else (str(data.resolve()), hash_path(data))
    report = check_screen(reading or screen)
    report.refuse_wrong()
    for name in ("names", "annotations"):
        if name in options:
            options[f"{name}_sha256"] = hash_path(Path(options[name]))
    return screen, {"source": source, "sha256": digest, "read": options}, report.as_dict()


def _prior_hash(prior: str | None) -> dict[str, str]:
    """The fingerprint of the edge table, where there is one."""
    from semimech.runs.source import hash_path

    if prior is None:
        return {}
    if not Path(prior).is_file():
        raise UserError(f"There is no edge table {prior}: correct the path given to --prior, or to prior in [run].")
    return {"prior_sha256": hash_path(Path(prior))}


def _merged(section: dict[str, Any], read: ReadOptions) -> ReadOptions:
    """Options of a [read] section, overridden by those given on the command line."""
    names = {field.name for field in fields(ReadOptions)}
    unknown = sorted(set(section) - names)
    if unknown:
        raise UserError(f"The section [read] has the unknown option '{unknown[0]}': use {', '.join(sorted(names))}.")
    given = {name: value for name, value in asdict(read).items() if value not in (None, ())}
    for name, value in section.items():
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, str | bool) for part in parts):
            raise UserError(f"The option '{name}' of the section [read] is {value!r}: give text, or true or false.")
    merged = section | given
    for name in ("names", "annotations"):
        if isinstance(merged.get(name), str):
            merged[name] = Path(merged[name])
    if isinstance(merged.get("control"), str | list):
        merged["control"] = (merged["control"],) if isinstance(merged["control"], str) else tuple(merged["control"])
    return ReadOptions(**merged)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value.resolve()) if isinstance(value, Path) else value for name, value in values.items()}


def _each(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """`--models ridge,cellbox` is `--models ridge --models cellbox`."""
    return None if values is None else tuple(part for value in values for part in value.split(",") if part)


def _stem(data: Path) -> str:
    return data.resolve().name.split(".")[0]
