"""The same kills, seen by those who are told: everything arrives, in order, signed, and the same every time."""

from collections import Counter
from random import Random

import pytest

from tests.torture.conftest import KILLS
from tests.torture.controls import RIGHT, WRONG, Miniature
from tests.torture.delivered import delivery_findings
from tests.torture.deliveries import HEALTHY, takeovers
from tests.torture.delivery_lies import DELIVERY_LIES
from tests.torture.lies import Lie
from tests.torture.record import Record, with_told_copied
from tests.torture.system import System

pytestmark = [
    pytest.mark.torture,
    pytest.mark.timeout(300 + 15 * KILLS),
]


def test_everybody_is_told_everything_in_order(record: Record) -> None:
    told = record.told
    came = Counter(each.sink for each in told.deliveries)
    events = {(each.sink, each.id) for each in told.deliveries}
    faults = Counter((fault.kind, fault.name) for fault in told.faults)
    print(f"{dict(faults)}, {dict(came)}, {len(told.deliveries) - len(events)} again")  # noqa: T201
    for name, undisturbed in (("undisturbed", True), ("all", False)):
        seconds = takeovers(told, undisturbed=undisturbed)
        print(f"takeovers, {name}: {[round(each, 2) for each in seconds]}")  # noqa: T201
    print(f"the network: {told.trouble}, the stream was taken up again {told.reconnects} times")  # noqa: T201

    assert delivery_findings(record) == []


def test_the_bad_were_bad_and_the_good_had_enough_to_do(record: Record, system: System) -> None:
    """Endpoints failed, connections were cut, workers slept, and some events came again."""
    told, count = record.told, len(record.tables["feed"])
    accepted = {(each.sink, each.id) for each in told.deliveries if each.is_accepted}
    taken = Counter(name for name, _ in accepted)

    assert all(taken[name] == count for name in HEALTHY if name != "merges")
    assert 0 < taken["merges"] < count
    assert taken["hole"] == taken["drip"] == 0
    assert {each.sink for each in told.deliveries if each.status == 500} == {"moody"}
    assert {each.sink for each in told.deliveries if each.status == 410} == {"gone"}
    assert told.trouble["cut"] > 0
    assert told.reconnects > 0
    kinds = {"kill", "freeze", "restart"} | ({"full"} if system.disk else set())
    assert {fault.kind for fault in told.faults} == kinds
    assert takeovers(told, undisturbed=False)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("lie", DELIVERY_LIES, ids=lambda lie: lie.__name__)
def test_the_checker_believes_no_lie_about_deliveries(record: Record, lie: Lie, seed: int) -> None:
    """The negative control: each way to spoil the deliveries is found out."""
    spoilt = with_told_copied(record)

    lie(spoilt, Random(seed))

    assert delivery_findings(spoilt)


@pytest.mark.parametrize("name", ["good", "resting"])
def test_a_relay_that_does_it_right_is_believed(record: Record, name: str) -> None:
    as_it_would_be = Miniature(record, name, RIGHT, Random(1)).run()

    assert delivery_findings(as_it_would_be) == []


@pytest.mark.parametrize(("flaw", "word"), WRONG.items())
def test_a_relay_that_does_it_wrong_is_found_out(record: Record, flaw: str, word: str) -> None:
    as_it_would_be = Miniature(record, "resting", flaw, Random(1)).run()

    assert any(word in finding for finding in delivery_findings(as_it_would_be))
