"""Fingerprints and similarities against RDKit's own."""

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from tests.audit.bioactivities import molecules

from semimech.audit import fingerprints
from semimech.audit.fingerprints import closeness, morgan, nearest, tanimoto


def test_as_rdkit_says() -> None:
    smiles = molecules(30)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=256)
    theirs = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in smiles]
    ours = morgan(smiles, radius=2, bits=256)
    assert ours.dtype == np.uint8
    assert [np.flatnonzero(row).tolist() for row in ours] == [list(found.GetOnBits()) for found in theirs]
    expected = [DataStructs.BulkTanimotoSimilarity(one, theirs[:7]) for one in theirs]
    np.testing.assert_allclose(tanimoto(ours, ours[:7]), expected, rtol=1e-6)


def test_nothing_is_like_nothing() -> None:
    assert tanimoto(np.zeros((1, 4)), np.array([[0, 0, 0, 0], [1, 0, 0, 0]])).tolist() == [[1.0, 0.0]]


def test_blocks_and_nearest_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    bits = morgan(molecules(80))
    whole = tanimoto(bits[:30], bits[30:])
    monkeypatch.setattr(fingerprints, "BLOCK", 7)
    np.testing.assert_array_equal(tanimoto(bits[:30], bits[30:]), whole)
    place, similarity = nearest(bits[:30], bits[30:])
    np.testing.assert_array_equal(place, whole.argmax(1))
    np.testing.assert_array_equal(similarity, whole.max(1))
    mean, largest = closeness(bits[:30], bits[30:])
    np.testing.assert_allclose(mean, whole.mean(1), rtol=1e-6)
    np.testing.assert_array_equal(largest, whole.max(1))
