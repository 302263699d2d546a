"""Kills of every process under load: nothing acknowledged is lost, nothing is told that did not happen.

The long tier: `make torture` (1,000 kills), or `make torture KILLS=200 SEED=7`.
"""

import asyncio
from collections import Counter
from random import Random

import pytest

from tests.torture.checker import findings
from tests.torture.conftest import KILLS, SEED
from tests.torture.lies import LIES, Lie
from tests.torture.record import Record, copied
from tests.torture.run import broken_invariants
from tests.torture.system import POSTGRES, System

pytestmark = [
    pytest.mark.torture,
    pytest.mark.timeout(300 + 15 * KILLS),
]


def test_kills_lose_nothing_and_make_nothing_up(record: Record, system: System) -> None:
    outcomes = Counter(
        (call.kind, "answered" if call.is_acknowledged else str(call.status))
        for call in record.calls
    )
    print(f"seed {SEED}: {dict(system.kills)}, {dict(outcomes)}, {len(record.events)} events")  # noqa: T201

    assert findings(record) == []
    assert asyncio.run(broken_invariants(system)) == []
    assert sum(system.kills.values()) == KILLS
    assert system.kills[POSTGRES] > 0


def test_the_run_was_worth_its_name(record: Record) -> None:
    """Calls of every kind were answered, and some had to be sent again."""
    answered = Counter(call.kind for call in record.calls if call.is_acknowledged)

    assert min(answered[kind] for kind in ("register", "merge", "unmerge")) > 0
    assert answered["register"] > 5 * KILLS
    assert any(call.sent > 1 for call in record.calls)
    assert len(record.events) > answered["register"]


def test_golden_values_are_what_is_derived_again(record: Record, system: System) -> None:
    system.check_golden()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_the_checker_believes_no_lie(record: Record, lie: Lie, seed: int) -> None:
    """The negative control: each way to spoil the record is found out."""
    spoilt = copied(record)

    lie(spoilt, Random(seed))

    assert findings(spoilt)
