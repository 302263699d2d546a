"""How often names are borne in a file, whatever population the shipped shares are of."""

import pytest

from ecif.frequencies import Frequencies
from ecif.matching.bearers import OF_ONE, Borne, learned_frequencies

SHIPPED = Frequencies(
    family_name={"王": 0.07},
    given_name={"伟": 0.003},
    rarest={"family_name": 1e-5, "given_name": 1e-6, "given_character": 1e-4},
)


def learned(name: str, bearers: int, *, of: int = 2_600) -> float:
    """The share of a family name that so many of so many records bear."""
    borne = Borne({name: bearers}, 400, of)
    return learned_frequencies({"family_name": borne}, SHIPPED).share_of("family_name", name)


def test_a_name_that_is_frequent_here_is_frequent_though_it_is_rare_elsewhere() -> None:
    assert learned("김", 520) == pytest.approx(0.2, rel=0.05)


def test_as_many_bearers_as_one_customer_has_records_prove_nothing() -> None:
    assert learned("김", OF_ONE) < 2 * OF_ONE / 100_000


def test_a_name_of_the_shipped_list_keeps_about_its_share_where_the_file_agrees() -> None:
    assert learned("王", 180) == pytest.approx(180 / 2_600, rel=0.05)


def test_more_bearers_never_make_a_name_rarer() -> None:
    shares = [learned("김", bearers) for bearers in range(3, 300)]

    assert shares == sorted(shares)


def test_names_that_few_bear_are_left_out_and_count_as_frequent_as_those_on_average() -> None:
    borne = Borne({"김": 520, "박": 26, "최": 24, "예": 9, "王": 5}, 400, 2_600)
    whole = learned_frequencies({"family_name": borne}, SHIPPED)

    kept = whole.seen_often(SHIPPED)

    few = [whole.family_name[name] for name in ("최", "예")]
    assert kept.family_name.keys() == {"김", "박", "王"}
    assert all(kept.family_name[name] == whole.family_name[name] for name in kept.family_name)
    assert kept.share_of("family_name", "예") == max(whole.rarest["family_name"], sum(few) / 2)
    assert kept.seen_often(SHIPPED) == kept
