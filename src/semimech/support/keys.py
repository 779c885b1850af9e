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

SIMULATION = "semimech_simulation"
"""uns[SIMULATION]: of a simulated screen, a mapping with the keys below."""

DECLARATION = "declaration"
"""JSON text: everything that was declared, and the seed; simulates the same screen again."""

CONSTANTS = "constants"
"""Table, a row for each feature: the constants of its kinetics, its mean expression and dispersion."""

STATES = "states"
"""Array, states x features: levels without measurement (and intrinsic) noise, in the units of the law."""

COURSES = "courses"
"""Table, a row for each row of STATES: history (what these cells really went through), time in hours, batch."""

BATCH_FACTORS = "semimech_batch_factors"
"""varm[BATCH_FACTORS]: table, features x batches, the factor of the gene in the batch."""

CLEAN = "semimech_clean"
"""layers[CLEAN]: with intrinsic noise only, the level of each feature in each cell before it is measured."""

TRUE_STATE, TRUE_EDITED = "true_state", "true_edited"
TRUE_LIBRARY, TRUE_QUALITY = "true_library_size", "true_passes_qc"
"""obs of a simulated screen: the row of STATES; the perturbations that really edited this cell, joined by '+'; its
library size; whether it passes quality control."""

DESIGN = "semimech_design"
"""obsm[DESIGN]: rows x perturbations, sparse, signed doses; a row of zeros is a control."""

LABEL = "perturbation"
"""obs[LABEL]: the condition in words, for people and other programs; not read back where it was added."""

LABEL_ADDED = "label_added"

ROLE = "role"
"""var[ROLE]: molecule, phenotype or input."""
