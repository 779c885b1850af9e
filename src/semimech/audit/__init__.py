"""Causal audit of bioactivity data: may measurements of many sources be pooled for one chemical series?"""

from __future__ import annotations

from semimech.audit.options import TableOptions
from semimech.audit.read import read_bioactivities
from semimech.audit.table import Bioactivities

__all__ = ["Bioactivities", "TableOptions", "read_bioactivities"]
