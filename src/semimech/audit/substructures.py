"""What a bit of a Morgan fingerprint stands for: the atoms and the fragments that set it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from semimech.audit.molecules import quiet
from semimech.support.optional import require


def carried_atoms(smiles: str, bit: int, radius: int, bits: int) -> tuple[int, ...]:
    """The atoms of the molecule that lie in an environment which sets `bit`; none where the bit is not set."""
    atoms = set()
    chem = require("rdkit.Chem", extra="chem")
    molecule = chem.MolFromSmiles(smiles)
    for bonds, centre in _environments(molecule, bit, radius, bits):
        atoms.add(centre)
        for bond in bonds:
            atoms |= {molecule.GetBondWithIdx(bond).GetBeginAtomIdx(), molecule.GetBondWithIdx(bond).GetEndAtomIdx()}
    return tuple(sorted(atoms))


def fragments(carriers: Sequence[str], bit: int, radius: int, bits: int) -> list[tuple[str, int]]:
    """The fragments (as SMILES) that set `bit` in the carriers, with the number of carriers of each, commonest first.

    More than one means that different environments share the bit.
    """
    return list(_counted(tuple(carriers), bit, radius, bits))


# Words, tables and pictures ask for the same bits.
@lru_cache(4096)
def _counted(carriers: tuple[str, ...], bit: int, radius: int, bits: int) -> tuple[tuple[str, int], ...]:
    chem = require("rdkit.Chem", extra="chem")
    counts: Counter[str] = Counter()
    with quiet():
        for smiles in carriers:
            molecule = chem.MolFromSmiles(smiles)
            found = set()
            for bonds, centre in _environments(molecule, bit, radius, bits):
                ends = {a for b in bonds for a in _ends(molecule.GetBondWithIdx(b))} | {centre}
                found.add(chem.MolFragmentToSmiles(molecule, sorted(ends), list(bonds)))
            counts.update(found)
    return tuple(counts.most_common())


def _ends(bond: object) -> tuple[int, int]:
    return bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()  # type: ignore[attr-defined]


def _environments(molecule: object, bit: int, radius: int, bits: int) -> list[tuple[tuple[int, ...], int]]:
    """Bonds and central atom of each environment of the molecule that sets the bit."""
    chem = require("rdkit.Chem", extra="chem")
    generators = require("rdkit.Chem.rdFingerprintGenerator", extra="chem")
    said = generators.AdditionalOutput()
    said.AllocateBitInfoMap()
    generators.GetMorganGenerator(radius=radius, fpSize=bits).GetFingerprint(molecule, additionalOutput=said)
    return [
        (tuple(chem.FindAtomEnvironmentOfRadiusN(molecule, reach, centre)) if reach else (), centre)
        for centre, reach in said.GetBitInfoMap().get(bit, ())
    ]
