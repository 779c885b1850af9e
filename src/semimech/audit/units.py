"""Activities in one unit: p = -log10 of the molar concentration, with what is known where only a bound was measured."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

Relation = Literal["=", "<", ">"]
MOLAR = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "nm": 1e-9, "pm": 1e-12, "fm": 1e-15}
MOLAR |= {f"{unit[:-1]}mol/l": scale for unit, scale in MOLAR.items()}
GRAMS_PER_LITRE = {
    "g/l": 1.0, "mg/ml": 1.0, "mg/l": 1e-3, "ug/ml": 1e-3, "µg/ml": 1e-3, "ug/l": 1e-6, "ng/ml": 1e-6, "pg/ml": 1e-9,
}  # fmt: skip
LOGARITHMS = ("p", "-log10(m)", "-log(m)", "-log10", "-logm", "pic50", "pki", "pkd", "pec50", "pchembl")
RELATIONS: dict[str, Relation] = {
    "": "=", "=": "=", "~": "=", "≈": "=", "==": "=", ">": ">", ">=": ">", ">>": ">", "≥": ">", ">~": ">",
    "<": "<", "<=": "<", "<<": "<", "≤": "<", "<~": "<",
}  # fmt: skip
FLIPPED: dict[str, Relation] = {"=": "=", "<": ">", ">": "<"}
# A comma stands before three digits: 12,5 is not taken for 125.
NUMBER = (
    r"\s*(?P<relation>[<>=~≈≤≥]*)\s*(?P<number>[+-]?(?:(?:\d{1,3}(?:[ ,]\d{3})+|\d+)\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*"
)
# A concentration outside 1 fM .. 1 M is a slip of the pen or of the unit.
LOWEST, HIGHEST = 0.0, 15.0


def is_unit(text: str) -> bool:
    """The text is a unit of activity.

    >>> is_unit("nM"), is_unit("ug.mL-1"), is_unit("%")
    (True, True, False)
    """
    unit = spelled(text)
    return unit in MOLAR or unit in GRAMS_PER_LITRE or unit in LOGARITHMS


def spelled(text: str) -> str:
    """The unit in one spelling: ug.mL-1 and μg/mL are the same.

    >>> spelled("ug.mL-1")
    'ug/ml'
    """
    unit = text.strip().casefold().replace("μ", "µ").replace(" ", "")
    return f"{unit[:-2].replace('.', '/')}" if unit.endswith("-1") and "." in unit else unit


def p_activities(values: pd.Series, units: pd.Series, relations: pd.Series, weights: np.ndarray) -> pd.DataFrame:
    """p = -log10(activity in M) of each row with the relation about p, or why there is none.

    values: numbers, or text such as >10000; units: text, "" where missing; relations: text about the value; weights:
    g/mol, for units of mass, nan where the structure is unknown. Returns columns p_activity, relation, reason (""
    where the row can be used). A bound on a concentration is the opposite bound on p.
    """
    parts = values.astype("string").str.extract(f"^{NUMBER}$")
    number = pd.to_numeric(parts["number"].str.replace("[ ,]", "", regex=True), errors="coerce").to_numpy(float)
    said = relations.astype("string").fillna("").str.strip().str.strip("'\"").str.strip()
    own = parts["relation"].fillna("")
    said = said.mask(said.map(RELATIONS).eq("=") & (own != ""), own)
    relation = said.map(RELATIONS)
    unit = units.map(spelled)
    logarithm = unit.isin(LOGARITHMS).to_numpy()
    grams = unit.map(GRAMS_PER_LITRE).to_numpy(float)
    molar = unit.map(MOLAR).fillna(pd.Series(grams / weights, index=unit.index)).to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(logarithm, number, -np.log10(number * molar))
    missing = values.isna() | (values.astype("string").str.strip() == "").fillna(True)
    checks = (
        ("no activity", missing.to_numpy(bool)),
        ("the activity is not a number", ~np.isfinite(number)),
        ("the relation is unknown", relation.isna().to_numpy(bool)),
        ("two relations differ", ((own != "") & (own.map(RELATIONS) != relation)).to_numpy(bool)),
        ("no unit", (unit == "").to_numpy(bool)),
        ("the unit is no concentration", ~units.map(is_unit).to_numpy(bool)),
        ("a negative or zero activity", ~logarithm & (number <= 0)),
        ("the activity is outside 1 fM to 1 M", np.isfinite(p) & ((p < LOWEST) | (p > HIGHEST))),
    )
    reason = np.select([where for _, where in checks], [name for name, _ in checks], default="")
    about = np.where(logarithm, relation.astype(object), relation.map(FLIPPED).astype(object))
    return pd.DataFrame({"p_activity": p, "relation": about, "reason": reason}, index=values.index)
