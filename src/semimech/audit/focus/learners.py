"""Learners of the focus curve by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from semimech.audit.focus.kernel import Kernel
from semimech.audit.focus.learner import Learner
from semimech.audit.focus.neighbours import Neighbours
from semimech.audit.focus.scikit import Scikit
from semimech.support.errors import UserError

OWN: Mapping[str, Learner] = {one.name: one for one in (Kernel(), Neighbours())}


def learner_of(name: str, options: Sequence[str] = ()) -> Learner:
    """The learner `kernel` or `neighbours`, or scikit-learn's of that name with options NAME=VALUE (JSON, or text).

    Raises UserError for an unknown name, an unknown option, and options of a learner that takes none.

    >>> learner_of("kernel").name
    'kernel'
    """
    if name not in OWN:
        return Scikit(name, dict(_pair(option) for option in options))
    if options:
        raise UserError(f"The learner {name} takes no --option; those are for the learners of scikit-learn.")
    return OWN[name]


def _pair(option: str) -> tuple[str, Any]:
    name, equals, text = option.partition("=")
    if not equals or not name:
        raise UserError(f"--option {option!r} is no option: write it as NAME=VALUE.")
    try:
        return name, json.loads(text)
    except json.JSONDecodeError:
        return name, text
