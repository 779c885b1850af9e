"""Say what a screen holds, and what is wrong or doubtful in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from semimech.data.doubts import doubts_of
from semimech.data.facts import facts_of
from semimech.data.findings import Finding
from semimech.data.readers.reading import Reading
from semimech.data.scan import scan
from semimech.data.screen import Screen
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent


@dataclass(frozen=True, eq=False)
class Report:
    """What was found in a screen.

    facts: (what, in words). targets: a row for each perturbation and measured target, with the target's own change
    (columns perturbation, target, expected, rows, effect, z, control_mean, perturbed_mean). findings: guesses that
    were made and doubts, the gravest first.
    """

    name: str
    facts: tuple[tuple[str, str], ...]
    targets: pd.DataFrame
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        lines = [self.name, *(f"  {what:<17} {words}" for what, words in self.facts)]
        lines += [f"  [{f.level}] {f.sentence}" + (f" ({f.remedy})" if f.remedy else "") for f in self.findings]
        return "\n".join(lines)

    def refuse_wrong(self) -> None:
        """Raise UserError with the first finding that leaves nothing to work with."""
        for finding in self.findings:
            if finding.level == "wrong":
                raise UserError(f"{finding.sentence.removesuffix('.')}: {finding.remedy}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; numbers that are not known are None."""
        targets = self.targets.astype(object).where(self.targets.notna(), None)
        return {
            "name": self.name,
            "facts": dict(self.facts),
            "targets": targets.to_dict("records"),
            "findings": [asdict(finding) for finding in self.findings],
        }


def check_screen(screen: Screen | Reading, monitor: Monitor = silent) -> Report:
    """Check a screen, or a reading with its guesses, in one pass over its values.

    Raises UserError at the first value that is not finite, or that no raw count can be.

    >>> report = check_screen(screen)  # doctest: +SKIP
    >>> dict(report.facts)["controls"]  # doctest: +SKIP
    >>> [finding.sentence for finding in report.findings if finding.level != "ok"]  # doctest: +SKIP
    """
    reading = screen if isinstance(screen, Reading) else Reading(screen, "Screen", "as it was made")
    found = scan(reading.screen, monitor)
    order = {"wrong": 0, "doubtful": 1, "ok": 2}
    findings = sorted((*doubts_of(reading.screen, found), *reading.findings), key=lambda finding: order[finding.level])
    return Report(reading.screen.name, tuple(facts_of(reading, found)), found.targets, tuple(findings))
