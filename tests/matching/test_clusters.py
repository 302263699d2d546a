from dataclasses import replace

import numpy as np

from ecif.matching import Ties, automatic_groups, best_groups, components_of, review_ties


def ties(
    size: int, *pairs: tuple[int, int, float], apart: frozenset[tuple[int, int]] = frozenset()
) -> Ties:
    return Ties(
        size,
        np.array([a for a, _, _ in pairs], dtype=np.int64),
        np.array([b for _, b, _ in pairs], dtype=np.int64),
        np.array([bits for _, _, bits in pairs]),
        np.array([(a, b) in apart for a, b, _ in pairs], dtype=np.bool_),
    )


def every(known: Ties) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.ones(len(known.left), dtype=np.bool_)


def test_connected_parts_are_named_by_their_smallest_member() -> None:
    left, right = np.array([4, 1, 3]), np.array([2, 4, 5])

    assert components_of(6, left, right).tolist() == [0, 1, 1, 3, 1, 3]


def test_a_chain_is_no_group_when_its_ends_have_nothing_in_common() -> None:
    known = ties(3, (0, 1, 6.0), (1, 2, 1.0), (0, 2, -20.0))

    assert best_groups(known, limit_bits=0.0).tolist() == [0, 0, 2]


def test_the_strongest_evidence_joins_first_and_a_contradiction_keeps_the_rest_out() -> None:
    known = ties(3, (0, 1, 20.0), (1, 2, 30.0), (0, 2, 5.0), apart=frozenset({(0, 2)}))

    assert best_groups(known, limit_bits=0.0).tolist() == [0, 1, 1]


def test_no_chain_joins_records_that_are_kept_apart() -> None:
    known = ties(
        4, (0, 1, 30.0), (1, 2, 20.0), (2, 3, 30.0), (0, 3, 1.0), apart=frozenset({(0, 3)})
    )

    groups = automatic_groups(known, every(known))

    assert groups[0] != groups[3]


def test_a_record_that_fits_two_that_contradict_is_not_guessed() -> None:
    known = ties(3, (0, 1, 30.0), (1, 2, 20.0), (0, 2, 5.0), apart=frozenset({(0, 2)}))

    assert automatic_groups(known, every(known)).tolist() == [0, 1, 2]


def test_two_records_of_a_clean_source_are_never_one() -> None:
    known = ties(3, (0, 1, 30.0), (1, 2, 20.0), (0, 2, 25.0))
    clean = replace(known, sources=np.array([7, -1, 7], dtype=np.int32))

    assert best_groups(clean, limit_bits=0.0).tolist() == [0, 0, 2]


def test_groups_of_several_need_more_than_two_records_do() -> None:
    inside = ((0, 1, 20.0), (2, 3, 20.0))
    weak = [(a, b, 2.0) for a in (0, 1) for b in (2, 3)]
    strong = [(a, b, 9.0) for a in (0, 1) for b in (2, 3)]

    assert best_groups(ties(4, *inside, *weak), limit_bits=0.0).tolist() == [0, 0, 2, 2]
    assert best_groups(ties(4, *inside, *strong), limit_bits=0.0).tolist() == [0, 0, 0, 0]


def test_a_person_is_shown_the_strongest_ties_between_groups() -> None:
    known = ties(4, (0, 1, 30.0), (0, 2, 1.0), (0, 3, 3.0), (1, 3, -9.0))

    found = review_ties(known, np.array([0, 0, 2, 3]), review_at_bits=-4.0, most=1)

    assert found == {0: [3], 3: [0], 2: [0]}
