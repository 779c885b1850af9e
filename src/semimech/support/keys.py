"""Where a screen's parts stand in an AnnData object."""

from __future__ import annotations

FORMAT_VERSION = 1

SECTION = "semimech"
"""uns[SECTION]: a mapping with the keys below; its presence marks a file written from a Screen."""

VERSION = "version"
NAME = "name"
SCALE = "scale"
PERTURBATIONS = "perturbations"
"""JSON text: a list of {name, kind, targets, dose_unit, pathways} in the order of the columns of the design."""

COLUMN_TYPES = "column_types"
"""JSON text: {column of obs: pandas dtype} of the columns that HDF5 cannot hold as they are."""

TRUTH = "truth"
"""Mapping with NODES, ROLES and EDGES (a table source, target, weight, evidence...) of a simulated screen."""

NODES = "nodes"
ROLES = "roles"
EDGES = "edges"

DESIGN = "semimech_design"
"""obsm[DESIGN]: rows x perturbations, sparse, signed doses; a row of zeros is a control."""

LABEL = "perturbation"
"""obs[LABEL]: the condition in words, for people and other programs; not read back where it was added."""

LABEL_ADDED = "label_added"

ROLE = "role"
"""var[ROLE]: molecule, phenotype or input."""
