"""Monitors add up: a part of a longer work moves the whole by its share."""

from semimech.support.progress import Monitor, part_of, silent


def test_silence_is_a_monitor() -> None:
    monitor: Monitor = silent
    assert monitor("fitting", 1, 2) is None


def test_a_part_moves_the_whole_by_its_share() -> None:
    told: list[tuple[str, float, float]] = []

    def monitor(stage: str, done: float, total: float) -> None:
        told.append((stage, done, total))

    third = part_of(monitor, "fold 3", 2, 4)
    third("fitting", 30, 60)
    third("fitting", 60, 60)
    assert told == [("fold 3", 2, 4), ("fold 3: fitting", 2.5, 4), ("fold 3: fitting", 3, 4)]
