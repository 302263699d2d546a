"""Of too many records under the keys of one, those that share the rarest are compared."""

from ecif.matching import MOST_COMPARED, Found

NAME, TOWN, PHONE, DAY = 1, 2, 3, 4


def found(**bearers: range | list[int]) -> Found:
    keys = {"name": NAME, "town": TOWN, "phone": PHONE, "day": DAY}
    return Found({keys[word]: list(records) for word, records in bearers.items()})


def test_a_few_are_all_compared() -> None:
    few = found(name=range(1, MOST_COMPARED + 1), phone=[1])

    assert few.nearest([NAME, PHONE]) == set(range(1, MOST_COMPARED + 1))


def test_who_asks_is_no_candidate() -> None:
    assert found(name=[1, 2]).nearest([NAME], own=1) == {2}


def test_of_a_crowd_those_under_the_rarest_key_come_first() -> None:
    crowd = found(name=range(1, 200), town=range(1, 100), phone=[150])

    nearest = crowd.nearest([NAME, TOWN, PHONE, DAY])

    assert len(nearest) == MOST_COMPARED
    assert 150 in nearest
    assert nearest - {150} <= set(range(1, 100))


def test_of_equally_rare_keys_more_count_more() -> None:
    crowd = found(name=range(1, 101), town=range(101, 201), day=[40, 140, *range(300, 398)])

    assert {40, 140} <= crowd.nearest([NAME, TOWN, DAY])


def test_the_order_of_keys_and_records_does_not_matter() -> None:
    crowd, turned = found(name=range(1, 90), town=range(50, 120)), found()
    turned.by_key = {TOWN: list(reversed(range(50, 120))), NAME: list(reversed(range(1, 90)))}

    assert crowd.nearest([NAME, TOWN]) == turned.nearest([TOWN, NAME])
