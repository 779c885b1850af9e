"""What an audit of conflict found, in sentences."""

from __future__ import annotations

from semimech.audit.conflict_audit import ConflictAudit, Family


def conflict_sentences(audit: ConflictAudit) -> list[str]:
    """How many features point opposite ways, and how many still do among compounds of the same assay."""
    return [sentence for family in audit.overall for sentence in _family(audit, family)]


def _family(audit: ConflictAudit, family: Family) -> list[str]:
    counts = audit.overall[family].counts()
    said = [
        f"{counts['features']} {family} vary both in the series and outside. The signs of {counts['signs differ']} "
        f"differ, and their effects correlate by {counts['correlation']:.2f}.",
        f"{counts['significant in both']} are significant in both, {counts['of these opposite']} of them opposite "
        "(conflict).",
        f"{counts['reversal']} point one way in the series and outside and the other way when pooled (strict "
        f"reversal), {_certain_reversals(audit, family)} of them with both effects significant; "
        f"{counts['attenuation']} are attenuated by pooling, {counts['agreement']} agree, {counts['undecided']} are "
        "undecided.",
    ]
    if counts["conflict"]:
        said.append(_within(audit, family, int(counts["conflict"])))
    if counts["conflict"] and family == "bits":
        said += _shared_bits(audit)
    said.append(_beside(audit, family))
    return said


def _certain_reversals(audit: ConflictAudit, family: Family) -> int:
    conflict = audit.overall[family]
    reversals = conflict.features[conflict.features["class"] == "reversal"]
    return int((reversals[["q_series", "q_outside"]] <= conflict.level).all(axis=1).sum())


def _within(audit: ConflictAudit, family: Family, conflicts: int) -> str:
    if family not in audit.within:
        return "Assays are not known, so these conflicts cannot be told from differences between assays."
    table, inner = audit.overall[family].features, audit.within[family].features
    within = inner.index[inner["class"] == "conflict"]
    remain = int((table["class"][within] == "conflict").sum())
    rest = "" if remain == conflicts else "; the others cannot be told from differences between assays"
    return (
        f"Among compounds of the same assay {len(within)} {family} conflict: {remain} of the {conflicts} remain{rest}."
    )


def _shared_bits(audit: ConflictAudit) -> list[str]:
    """Bits that stand for one fragment in the series and for another outside."""
    bits = audit.overall["bits"].features
    bits = bits.index[bits["class"] == "conflict"]
    names = [[audit.fragments(bit, stratum)[0][0] for bit in bits] for stratum in ("series", "outside")]
    other = sum(inside != outside for inside, outside in zip(*names))
    if not other:
        return []
    return [
        f"{other} of the {len(bits)} conflicting bits are set mostly by another fragment outside than in the series, "
        "so they compare different things: a longer fingerprint (--bits) tells them apart."
    ]


def _beside(audit: ConflictAudit, family: Family) -> str:
    conflict = audit.beside[family]
    table = conflict.features
    differ = int((table["q_difference"] <= conflict.level).sum())
    assays = " and shifts between assays" if audit.within else ""
    if not differ:
        return (
            f"Beside one law of the whole structure{assays}, none of {len(table)} {family} differs significantly "
            "between series and outside: these data give no evidence that the law of the series is another."
        )
    return (
        f"Beside one law of the whole structure{assays}, {differ} of {len(table)} {family} still differ between series "
        f"and outside, {int((table['class'] == 'conflict').sum())} of them with opposite signs, both significant."
    )
