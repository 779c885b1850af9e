"""The conventions by which files say which perturbation a row got."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from semimech.data.options import NONE, ReadOptions
from semimech.support.errors import UserError, listed

CONTROL_WORDS = (
    "control", "ctrl", "non-targeting", "nontargeting", "non_targeting", "nt", "ntc", "neg", "negative control",
    "safe-targeting", "scramble", "scrambled", "unperturbed", "untreated", "vehicle", "dmso", "dmso_tf", "mock", "pbs",
    "wt", "wildtype", "wild type", "neg_ctrl", "no perturbation",
)  # fmt: skip
LABEL_WORDS = (
    "perturbation", "perturbations", "condition", "target_gene", "target", "gene_target", "intervention",
    "guide_target", "treatment", "drug", "compound", "ko", "knockout", "gene", "guide_identity", "guide_ids", "sgrna",
    "experiment",
)  # fmt: skip


# What may stand between the parts of a combination, where the convention does not say.
SEPARATORS = ("_", "+", ",", ";", "|", "&")


@dataclass(frozen=True)
class Dialect:
    """A label convention: its columns, its control labels, and what stands between the parts of a combination.

    `always_split` says that the separator never belongs to a name; otherwise a label is split only into known
    parts. `genetic` says that the convention is for gene perturbations only.
    """

    name: str
    describes: str
    labels: tuple[str, ...]
    controls: tuple[str, ...]
    separators: tuple[str, ...]
    always_split: bool = False
    genetic: bool = False


DIALECTS = (
    Dialect(
        "gears",
        "GEARS: condition A+ctrl, A+B, ctrl",
        ("condition",),
        ("ctrl",),
        ("+",),
        always_split=True,
        genetic=True,
    ),
    Dialect("perturbench", "PerturBench: condition A, A+B, control", ("condition",), ("control",), ("+",), True),
    Dialect("arc", "Arc: target_gene A, non-targeting", ("target_gene",), ("non-targeting",), (), genetic=True),
    Dialect(
        "scperturb",
        "scPerturb and pertpy: perturbation A, A_B, control or NT",
        ("perturbation",),
        ("control", "NT"),
        SEPARATORS,
    ),
)
BETWEEN = re.compile(f"[{re.escape(''.join(SEPARATORS))}]")
GENERIC = Dialect("generic", "a label column found by its content", (), CONTROL_WORDS, SEPARATORS)
NAMES = tuple(dialect.name for dialect in (*DIALECTS, GENERIC))


@dataclass(frozen=True)
class Labels:
    """The dialect, the column of labels and the labels of controls that were settled on."""

    dialect: Dialect
    column: str
    controls: tuple[str, ...]
    why: str
    others: tuple[str, ...] = ()
    """Columns of other dialects that could have been the labels as well."""


def find_labels(obs: pd.DataFrame, features: Iterable[str], options: ReadOptions) -> Labels:
    """Settle on a label column and its control labels from the options, the known dialects, or the content.

    Among columns that fit a dialect, the one that names the most features is taken.
    Raises UserError where an option names what is not there, or nothing looks like a label.
    """
    features = set(features)
    if options.dialect is not None and options.dialect not in NAMES:
        raise UserError(f"The dialect '{options.dialect}' is unknown: use one of {', '.join(NAMES)}.")
    if options.label is not None:
        column_of(obs, options.label, "label")
    wanted = [d for d in DIALECTS if options.dialect in (None, d.name)]
    fitting = list(_fitting(obs, wanted, options))
    if fitting:
        best = max(fitting, key=lambda labels: _named(obs[labels.column], features))
        others = dict.fromkeys(labels.column for labels in fitting if labels.column != best.column)
        return _settled(obs, replace(best, others=tuple(others)), options)
    if options.dialect is not None and options.dialect != GENERIC.name:
        raise UserError(
            f"The dialect {options.dialect} needs the column {listed(wanted[0].labels)}, which is not there: "
            f"say --label COLUMN, one of {listed(obs.columns, 12)}."
        )
    column, why = (options.label, "as asked for") if options.label else _by_content(obs, features, options)
    return _settled(obs, Labels(GENERIC, column, _controls(obs, column, GENERIC, options), why), options)


def _fitting(obs: pd.DataFrame, dialects: Iterable[Dialect], options: ReadOptions) -> Iterator[Labels]:
    """Every column that has the name and a control label of a dialect, and is not asked for as something else."""
    taken = {options.dose, options.batch, options.replicate, options.time, options.medium, options.context}
    for dialect in dialects:
        for column in (options.label,) if options.label else dialect.labels:
            if column not in obs or (column in taken and column != options.label):
                continue
            controls = _controls(obs, column, dialect, options) if column in dialect.labels or options.dialect else ()
            if controls or options.dialect:
                yield Labels(dialect, column, controls, f"obs['{column}'] as in {dialect.describes}")


def _named(column: pd.Series, features: set[str]) -> int:
    """How many features the labels of a column name, alone or in combinations."""
    words = {word.strip() for label in levels(column) for word in (label, *BETWEEN.split(label))}
    return len(words & features)


def column_of(obs: pd.DataFrame, name: str, option: str) -> pd.Series:
    """The column of obs, or a UserError naming the option and the columns there are."""
    if name not in obs:
        from difflib import get_close_matches

        near = get_close_matches(name, list(map(str, obs.columns)), 1)
        hint = f"did you mean {near[0]}?" if near else f"the columns are {listed(obs.columns, 12)}."
        raise UserError(f"There is no column '{name}' to take as {option}: {hint}")
    return obs[name]


def levels(column: pd.Series) -> list[str]:
    """The distinct labels of a column as text, the missing ones left out."""
    return sorted(map(str, column.dropna().unique()))


def _controls(obs: pd.DataFrame, column: str | None, dialect: Dialect, options: ReadOptions) -> tuple[str, ...]:
    if column is None or column not in obs:
        return ()
    found = levels(obs[column])
    if options.control:
        if tuple(options.control) == (NONE,) and NONE not in found:
            return ()
        missing = [label for label in options.control if label not in found]
        if missing:
            raise UserError(
                f"No row of '{column}' has the control label {listed(missing)}: its labels are {listed(found, 8)}."
            )
        return tuple(options.control)
    words = {word.casefold() for word in dialect.controls}
    return tuple(label for label in found if label.casefold() in words)


def _settled(obs: pd.DataFrame, labels: Labels, options: ReadOptions) -> Labels:
    found = levels(obs[labels.column])
    if len(found) < 2 and not (found and options.control == (NONE,)):
        only = f"only '{found[0]}'" if found else "nothing"
        raise UserError(
            f"The label column '{labels.column}' holds {only} and never varies: say --label COLUMN, "
            f"one of {listed([c for c in obs.columns if c != labels.column], 12) or 'none, as it has no other column'}."
        )
    return labels


def _by_content(obs: pd.DataFrame, features: set[str], options: ReadOptions) -> tuple[str, str]:
    """The text column with a control word or, failing that, with the names of features in it."""
    words = {word.casefold() for word in (options.control or CONTROL_WORDS)}
    texts = [c for c in obs.columns if not pd.api.types.is_numeric_dtype(obs[c])]
    best: tuple[tuple[bool, float, bool], str, str] | None = None
    for column in texts:
        found = levels(obs[column])
        controls = [label for label in found if label.casefold() in words]
        if len(found) < 2 or (len(found) > max(2, len(obs) // 2) and not controls):
            continue
        share = sum(label in features for label in found) / len(found)
        named = str(column).casefold() in LABEL_WORDS
        if not controls and share < 0.5:
            continue
        why = f"it holds the control label '{controls[0]}'" if controls else f"{share:.0%} of its labels are features"
        rank = (bool(controls), share, named)
        if best is None or rank > best[0]:
            best = (rank, column, why)
    if best is None:
        named_columns = [c for c in texts if str(c).casefold() in LABEL_WORDS and obs[c].nunique() > 1]
        if named_columns:
            return named_columns[0], "by its name"
        raise UserError(
            f"No column looks like perturbation labels (none has a control such as 'control' or 'non-targeting'): say "
            f"--label COLUMN, one of {listed(obs.columns, 12) or '... but there is no column at all'}."
        )
    return best[1], best[2]
