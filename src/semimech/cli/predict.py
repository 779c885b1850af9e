"""`semimech predict`: effects of conditions nobody measured, with what each prediction rests on."""

from __future__ import annotations

from pathlib import Path

from semimech.cli.output import OutFile
from semimech.support.errors import UserError


def predict(
    run: Path,
    /,
    *conditions: str,
    file: Path | None = None,
    model: str | None = None,
    annotations: Path | None = None,
    level: float | None = None,
    out: OutFile | None = None,
) -> None:
    """Predict conditions, seen or unseen, from a run folder; writes a CSV and an h5ad.

    Parameters
    ----------
    run
        Run folder.
    conditions
        Such as aMEK+aAKT, or with doses aMEK=-0.8+aAKT=-0.5; a name alone takes its usual dose.
    file
        Text file with one condition a line.
    model
        Model of the run, a baseline such as ridge too; the first judged model where not given.
    annotations
        TOML or CSV file with targets (and their signs) and pathways of perturbations that are not in the data.
    level
        Level of the intervals, such as 0.8; that of the run (0.9) where not given.
    out
        CSV to write (the h5ad is written beside it); predictions.csv in the run folder where not given.
    """
    from rich.console import Console

    from semimech.runs.folder import RunFolder
    from semimech.runs.predict import predict_conditions
    from semimech.runs.tables import prediction_long, prediction_table, write_table
    from semimech.support.files import write_text

    folder = RunFolder.open(run)
    asked = [*conditions, *_lines(file)]
    if not asked:
        raise UserError("Say which conditions to predict: semimech predict RUN 'aMEK+aAKT', or --file CONDITIONS.txt.")
    out = out or folder.path / "predictions.csv"
    if out.suffix != ".csv":
        raise UserError(f"{out} does not end in .csv: give a name such as predictions.csv to --out.")
    model, prediction = predict_conditions(folder, asked, model, annotations, level)
    write_text(out, prediction_long(prediction).to_csv(index=False))
    write_table(out.with_suffix(".h5ad"), prediction_table(prediction))
    console = Console(highlight=False, soft_wrap=True)
    words = zip(prediction.rests_on, prediction.interval_from, prediction.status, strict=True)
    for condition, said in zip(prediction.conditions, words, strict=True):
        console.print(f"{condition.label}: {'; '.join(filter(None, said))}", markup=False)
    console.print(f"{model}: {out} and {out.with_suffix('.h5ad')}", markup=False)


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    if not file.is_file():
        raise UserError(f"There is no file {file}: correct the path given to --file.")
    return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
