"""Pictures of the molecules that carry a feature."""

from pathlib import Path

import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.audit import read_bioactivities
from semimech.audit.carriers import carriers_of
from semimech.audit.conflict_audit import audit_conflict
from semimech.plot.molecules import feature_picture


@pytest.mark.parametrize("family", ["bits", "descriptors"])
def test_carriers_of_both_strata_are_drawn(family: str, tmp_path: Path) -> None:
    table = read_bioactivities(written(plain_table(), tmp_path / "table.csv"))
    audit = audit_conflict(table, table.series("class", "A"))
    picture = feature_picture(carriers_of(audit, str(audit.overall[family].features.index[0])))
    assert picture.startswith("<?xml")
    assert "</svg>" in picture
    assert picture.count("<path") > 12  # bonds and legends of six molecules
