import numpy as np
import pytest

from semimech.plot.layout import place_nodes

WIDTH, HEIGHT = 800.0, 500.0


def example(n: int = 24) -> tuple[np.ndarray, list[str], np.ndarray]:
    random = np.random.default_rng(3)
    roles = ["input"] * 5 + ["molecule"] * (n - 8) + ["phenotype"] * 3
    edges = np.array([(i, j) for i in range(n) for j in range(n) if i != j and random.random() < 0.06])
    return edges, roles, np.column_stack([random.uniform(30, 90, n), np.full(n, 19.0)])


def overlaps(place: np.ndarray, sizes: np.ndarray) -> int:
    gap = np.abs(place[:, None] - place[None])
    room = (sizes[:, None] + sizes[None]) / 2
    return int(np.triu((gap < room).all(2), 1).sum())


def test_boxes_stay_inside_and_apart():
    edges, roles, sizes = example()
    place = place_nodes(edges, roles, sizes, WIDTH, HEIGHT)
    assert overlaps(place, sizes) == 0
    assert (place - sizes / 2 >= 0).all()
    assert (place + sizes / 2 <= [WIDTH, HEIGHT]).all()


def test_inputs_stand_left_and_phenotypes_right_of_all_molecules():
    edges, roles, sizes = example()
    across = place_nodes(edges, roles, sizes, WIDTH, HEIGHT)[:, 0]
    role = np.array(roles)
    assert across[role == "input"].max() < across[role == "molecule"].min()
    assert across[role == "molecule"].max() < across[role == "phenotype"].min()


def test_the_same_seed_gives_the_same_place():
    np.testing.assert_array_equal(
        place_nodes(*example(), WIDTH, HEIGHT, seed=1), place_nodes(*example(), WIDTH, HEIGHT, seed=1)
    )


def test_neighbours_stand_nearer_than_strangers():
    """Two cliques without an edge between them come apart."""
    members = [range(6), range(6, 12)]
    edges = np.array([(i, j) for group in members for i in group for j in group if i < j])
    place = place_nodes(edges, ["molecule"] * 12, np.full((12, 2), 15.0), WIDTH, HEIGHT)
    distance = np.linalg.norm(place[:, None] - place[None], axis=2)
    same = np.equal.outer(np.arange(12) < 6, np.arange(12) < 6)
    assert distance[same & ~np.eye(12, dtype=bool)].mean() < 0.7 * distance[~same].mean()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_nodes(n):
    place = place_nodes(np.zeros((0, 2), int), ["molecule"] * n, np.full((n, 2), 10.0), WIDTH, HEIGHT)
    assert place.shape == (n, 2)
    assert np.isfinite(place).all()
