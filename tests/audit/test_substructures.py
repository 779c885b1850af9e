"""Fragments of bits: every bit of a molecule has atoms, and only those that RDKit lists."""

import numpy as np

from semimech.audit.fingerprints import morgan
from semimech.audit.substructures import carried_atoms, fragments


def test_bits_have_atoms_and_others_none() -> None:
    smiles = "OC(=O)c1ccccc1"
    set_bits = morgan([smiles], 2, 256)[0]
    for bit in range(256):
        assert bool(carried_atoms(smiles, bit, 2, 256)) == bool(set_bits[bit])


def test_fragments_are_counted_by_carriers() -> None:
    carriers = ["CCO", "CCCO", "OCCO"]
    common = np.flatnonzero(morgan(carriers, 1, 2048).all(0))
    found = {bit: fragments(carriers, int(bit), 1, 2048) for bit in common}
    assert [("O", 3)] in found.values()
    assert [("CO", 3)] in found.values()
