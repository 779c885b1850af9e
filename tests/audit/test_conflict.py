"""Classes of features on data of known effects, false alarms on data without, and the facts of the Akt inhibitors."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.audit.bioactivities import plain_table, written

from semimech.audit import read_bioactivities
from semimech.audit.check import check_bioactivities
from semimech.audit.conflict import conflict_of
from semimech.audit.conflict_audit import ConflictOptions, audit_conflict
from semimech.audit.conflict_words import conflict_sentences
from semimech.audit.fingerprints import morgan
from semimech.support.errors import UserError


def random_bits(rng: np.random.Generator, compounds: int = 400, bits: int = 6) -> pd.DataFrame:
    values = (rng.random((compounds, bits)) < 0.5).astype(np.uint8)
    return pd.DataFrame(values, columns=[f"bit {i}" for i in range(bits)])


def test_known_effects_have_their_classes() -> None:
    rng = np.random.default_rng(0)
    bits, mask = random_bits(rng), np.arange(400) < 150
    inside, outside = np.array([1, 1.5, 1, 0, 1, 0]), np.array([-1, 0.2, 1, 0, 0, 0])
    y = np.where(mask, bits @ inside, bits @ outside) + rng.normal(0, 0.3, 400)
    found = conflict_of(bits, y, mask)
    expected = ["conflict", "attenuation", "agreement", "undecided", "attenuation", "undecided"]
    assert found.features["class"].tolist() == expected
    assert found.counts()["conflict"] == 1
    assert found.counts()["of these opposite"] == 1


def test_a_reversal_is_one_that_pooling_makes() -> None:
    # Within each stratum the bit adds 0.5; its carriers are mostly in the stratum whose level is 3 lower.
    rng = np.random.default_rng(1)
    mask = np.arange(600) < 300
    bit = (rng.random(600) < np.where(mask, 0.2, 0.8)).astype(np.uint8)
    y = 0.5 * bit + 3.0 * mask + rng.normal(0, 0.2, 600)
    frame = pd.DataFrame({"bit 0": bit})
    assert conflict_of(frame, y, mask).features["class"].tolist() == ["reversal"]
    # The strata are groups as well: compared within them, nothing is reversed.
    within = conflict_of(frame, y, mask, groups=mask.astype(int)).features
    assert within["class"].tolist() == ["agreement"]
    assert within["effect_pooled"].iloc[0] == pytest.approx(0.5, abs=0.06)


def test_a_difference_has_the_freedom_of_satterthwaite() -> None:
    rng = np.random.default_rng(2)
    mask = np.arange(60) < 20
    bits = pd.DataFrame({"bit 0": np.tile([0, 1], 30).astype(np.uint8)})
    y = rng.normal(0, np.where(mask, 1.0, 0.3)) + 0.4 * mask * bits["bit 0"].to_numpy()
    found = conflict_of(bits, y, mask, correction="bonferroni").features.iloc[0]
    parts = [y[(mask == inside) & (bits["bit 0"] == bit)] for inside in (True, False) for bit in (1, 0)]
    shares = [part.var(ddof=1) / len(part) for part in parts]
    slopes = parts[0].mean() - parts[1].mean(), parts[2].mean() - parts[3].mean()
    freedom = sum(shares) ** 2 / sum(share**2 / (len(part) - 1) for share, part in zip(shares, parts))
    expected = 2 * stats.t.sf(abs(slopes[0] - slopes[1]) / np.sqrt(sum(shares)), freedom)
    assert found["q_difference"] == pytest.approx(expected)


def test_no_conflict_is_found_where_there_is_none() -> None:
    """80 nulls, without effects or with the same in both strata: conflicts are at most as frequent as the level."""
    alarms = {"none": 0, "same": 0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        bits, mask = random_bits(rng, 120, 12), np.arange(120) < 40
        for kind, effects in (("none", np.zeros(12)), ("same", rng.normal(0, 0.4, 12))):
            y = bits.to_numpy() @ effects + rng.normal(size=120)
            alarms[kind] += conflict_of(bits, y, mask).counts()["conflict"] > 0
    assert max(alarms.values()) <= 0.05 * 40 + 2 * np.sqrt(0.05 * 0.95 * 40)


def test_features_that_hardly_vary_are_left_out() -> None:
    rng = np.random.default_rng(2)
    frame = random_bits(rng, 100, 2).assign(rare=(np.arange(100) == 3).astype(int), logp=rng.normal(size=100))
    found = conflict_of(frame, rng.normal(size=100), np.arange(100) % 2 == 0)
    assert found.features.index.tolist() == ["bit 0", "bit 1", "logp"]
    with pytest.raises(UserError, match="No feature varies"):
        conflict_of(frame[["rare"]], rng.normal(size=100), np.arange(100) % 2 == 0)


def test_an_effect_that_differs_between_assays_only_is_told(tmp_path: Path) -> None:
    # Carboxylic acids are weak in the series because another assay measured them; within assays they do nothing.
    frame = plain_table(240)
    acid = frame["smiles"].str.endswith("C(=O)O")
    inside = np.arange(240) % 2 == 0
    rng = np.random.default_rng(3)
    p = 6 + np.where(inside, -1.5, 1.5) * acid + rng.normal(0, 0.3, 240)
    frame = frame.assign(IC50=10 ** (9 - p), **{"class": np.where(inside, "A", "B")})
    frame["assay"] = frame["class"] + np.where(acid, "acids", "others")
    table = read_bioactivities(written(frame, tmp_path / "table.csv"))
    audit = audit_conflict(table, table.series("class", "A"), ConflictOptions(features=("bits",)))
    assert audit.overall["bits"].counts()["conflict"] > 0
    assert audit.within["bits"].counts()["conflict"] == 0
    assert audit.beside["bits"].counts()["conflict"] == 0
    assert "0 of the" in " ".join(conflict_sentences(audit))
    first = audit.table().iloc[0]
    assert first["class"] == "conflict"
    assert all("O" in first[f"fragment_{stratum}"] for stratum in ("series", "outside"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"features": ("atoms",)}, "--features must be of bits, descriptors"),
        ({"level": 0.0}, "--level 0.0 must lie between 0 and 1"),
        ({"bits": 2}, "--bits from 16"),
    ],
)
def test_options_of_no_sense_are_refused(options: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        ConflictOptions(**options)


def test_the_akt_inhibitors_to_the_digit(data_folder: Path) -> None:
    table = read_bioactivities([data_folder / "akt" / f"{name}.csv.gz" for name in ("series", "outside")])
    p, mask = table.compounds["p_activity"].to_numpy(), table.series("inout", "in")
    report = check_bioactivities(table, mask)
    assert dict(report.facts)["compounds"] == "2,542, 2,266 of them measured"
    assert "186 of the 300 compounds" in " ".join(finding.sentence for finding in report.findings)
    counts = conflict_of(pd.DataFrame(morgan(table)), p, mask, correction="bonferroni").counts()
    assert (counts["features"], counts["signs differ"]) == (127, 59)
    assert (counts["significant in both"], counts["of these opposite"], counts["reversal"]) == (27, 8, 3)
    assert counts["correlation"] == pytest.approx(0.16, abs=0.005)
