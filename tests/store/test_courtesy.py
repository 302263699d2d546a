"""Who lies far behind works a part of the time while changes come in, and all of it when none come."""

from dataclasses import dataclass

import pytest

from ecif.store.courtesy import Courtesy

EVENT_SECONDS = 0.002
FAR, NEAR = 10_000, 3


@dataclass
class Machine:
    """A processor whose time passes only when it works or is left alone."""

    now: float = 100.0
    worked: float = 7.0

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.worked += seconds


def catching_up(machine: Machine, courtesy: Courtesy, *, grows: bool, seconds: float) -> float:
    """The share of the time that is worked, event after event."""
    began, before, end = machine.now, machine.worked, 50
    courtesy.changes_reach(end)
    while machine.now < began + seconds:
        end += grows
        courtesy.changes_reach(end)
        machine.work(EVENT_SECONDS)
        machine.now += courtesy.seconds_to_rest()
    return (machine.worked - before) / (machine.now - began)


@pytest.mark.parametrize(
    ("grows", "rest", "share"), [(True, 1.5, 0.4), (True, 4.0, 0.2), (False, 4.0, 1.0)]
)
def test_catching_up_gives_way_as_long_as_changes_come_in(
    grows: bool, rest: float, share: float
) -> None:
    machine = Machine()
    courtesy = Courtesy(lambda: machine.worked, lambda: machine.now, rest)

    assert catching_up(machine, courtesy, grows=grows, seconds=10) == pytest.approx(share, abs=0.02)


def test_the_first_look_at_the_feed_is_no_change() -> None:
    machine = Machine()
    courtesy = Courtesy(lambda: machine.worked, lambda: machine.now)
    courtesy.changes_reach(1_000_000)
    machine.work(1)

    assert courtesy.seconds_to_rest() == 0


def test_work_of_long_ago_is_not_rested_for_at_length() -> None:
    machine = Machine()
    courtesy = Courtesy(lambda: machine.worked, lambda: machine.now)
    courtesy.changes_reach(1)
    machine.work(600)
    courtesy.changes_reach(2)

    assert 0 < courtesy.seconds_to_rest() <= 0.05


@pytest.mark.parametrize(("behind", "has_rested"), [(NEAR, False), (FAR, True)])
async def test_only_who_lies_far_behind_rests(behind: int, has_rested: bool) -> None:
    machine = Machine()
    courtesy = Courtesy(lambda: machine.worked, lambda: machine.now)
    courtesy.changes_reach(1)
    machine.work(1)
    courtesy.changes_reach(2)
    await courtesy.rest(behind)
    machine.now += 0.05

    assert (courtesy.seconds_to_rest() == 0) is has_rested
