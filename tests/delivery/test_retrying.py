from datetime import timedelta

import pytest

from ecif.delivery.lanes import Entry, Lanes
from ecif.delivery.leases import Standing
from ecif.delivery.progress import Progress
from ecif.delivery.retrying import (
    JITTER,
    LONGEST_ASKED,
    REFUSALS,
    RETRY_DELAYS,
    SUSPECTS,
    Evidence,
    Verdict,
    retry_delay,
)
from ecif.delivery.sink import Handed, Outcome

OK = Outcome(Handed.DELIVERED, "accepted", 204)
BROKEN = Outcome(Handed.RETRY, "server-error", 500)
UNREACHED = Outcome(Handed.RETRY, "not-reached")
REJECTED = Outcome(Handed.REFUSED, "rejected", 422)
GONE = Outcome(Handed.GONE, "gone", 410)
DAY = 86_400.0


def test_the_schedule_spans_nine_days_whatever_the_jitter() -> None:
    shortest = sum(((retry_delay(n, 0.0) or timedelta()) for n in range(1, 79)), timedelta())

    assert len(RETRY_DELAYS) == 78
    assert shortest >= timedelta(days=9)
    assert retry_delay(79, 0.5) is None


@pytest.mark.parametrize("failures", range(1, 79))
def test_each_wait_is_jittered_by_a_fifth(failures: int) -> None:
    shortest, longest = retry_delay(failures, 0.0), retry_delay(failures, 0.999999)

    middle = RETRY_DELAYS[failures - 1]
    assert shortest == middle * (1 - JITTER)
    assert longest is not None
    assert abs(longest - middle * (1 + JITTER)) < timedelta(seconds=1)


def test_an_endpoint_is_left_alone_as_long_as_it_asks_up_to_a_day() -> None:
    assert retry_delay(1, 0.5, 90.0) == timedelta(seconds=90)
    assert retry_delay(1, 0.5, 1.0) == RETRY_DELAYS[0]
    assert retry_delay(1, 0.5, 1e9) == LONGEST_ASKED


@pytest.mark.parametrize(
    ("outcome", "count"),
    [
        (UNREACHED, 1),
        (Outcome(Handed.RETRY, "too-many-requests", 429), 1),
        (Outcome(Handed.RETRY, "server-error", 503, 7.0), 1),
        (BROKEN, SUSPECTS),
        (Outcome(Handed.RETRY, "timeout"), SUSPECTS),
        (REJECTED, REFUSALS),
    ],
)
def test_so_many_different_events_must_fail_before_the_endpoint_is_blamed(
    outcome: Outcome, count: int
) -> None:
    evidence = Evidence()

    verdicts = [evidence.judge(position, outcome) for position in range(count)]

    assert verdicts[-1] is Verdict.EVERYBODYS
    assert Verdict.EVERYBODYS not in verdicts[:-1]


def test_one_event_that_fails_for_ever_never_blames_the_endpoint() -> None:
    evidence = Evidence()

    verdicts = {evidence.judge(7, BROKEN) for _ in range(100)}

    assert verdicts == {Verdict.DOUBTFUL}


def progress_of(*customers: str) -> Progress:
    lanes = Lanes(0)
    for position, customer in enumerate(customers, 1):
        lanes.add(Entry(position, (customer,)))
        lanes.read_up_to(position)
    return Progress(lanes, Standing(), lambda: 0.5, 0)


def answer(progress: Progress, outcome: Outcome, now: float) -> Entry:
    entry = progress.lanes.next(now)
    assert entry is not None
    progress.took(entry, outcome, now)
    return entry


def test_an_endpoint_that_is_down_gets_no_row_per_event_and_keeps_its_place() -> None:
    progress = progress_of(*"ABCDEFGHIJ")
    now = 0.0

    for _ in range(20):
        now = max(now, progress.is_resting_until)
        answer(progress, UNREACHED, now)
    done = progress.settlement(now)

    assert (done.position, done.kept, done.disabled) == (0, [], None)
    assert done.standing.failures == 20
    assert len(done.attempts) == 20


def test_a_poison_event_blocks_its_customer_alone() -> None:
    progress = progress_of("A", "B", "A", "C")

    poison = answer(progress, BROKEN, 1.0)
    answer(progress, OK, 2.0)
    answer(progress, OK, 3.0)
    done = progress.settlement(3.0)

    assert poison.position == 1
    assert progress.lanes.next(3.0) is None
    assert [(each.entry.position, each.state) for each in done.kept] == [(1, "due"), (3, "waiting")]
    assert (done.position, done.standing) == (4, Standing())


def test_an_event_is_parked_when_its_schedule_is_over_and_never_dropped() -> None:
    progress = progress_of("A", "A")
    now, states = 0.0, []

    for _ in range(len(RETRY_DELAYS) + 1):
        now = max(now, progress.lanes.next_due() or now)
        answer(progress, BROKEN, now)
        progress.is_quiet(now)
        states.append(progress.settlement(now).kept[0].state)

    assert set(states[:-1]) == {"due"}
    assert states[-1] == "parked"
    assert now >= 9 * DAY
    assert progress.lanes.next(now + 100 * DAY) is None
    assert set(progress.lanes.entries) == {1, 2}


def test_five_days_of_nothing_but_failures_are_told_once_and_disabling_waits_for_the_whole_schedule() -> (
    None
):
    progress = progress_of("A", "B")
    now, told, disabled_at = 0.0, [], 0.0

    while progress.disabled is None:
        now = max(now, progress.is_resting_until)
        answer(progress, UNREACHED, now)
        done = progress.settlement(now)
        if done.tell_failing:
            told.append(now)
    disabled_at = now

    assert len(told) == 1
    assert 5 * DAY <= told[0] <= 5.3 * DAY
    assert progress.disabled == "endpoint-failing"
    assert disabled_at >= 9 * DAY
    assert done.position == 0


def test_a_success_in_between_forgets_the_failures() -> None:
    progress = progress_of("A", "B")
    answer(progress, UNREACHED, 0.0)

    answer(progress, OK, progress.is_resting_until)

    assert progress.settlement(99.0).standing == Standing()


def test_an_endpoint_that_is_gone_is_disabled_at_once() -> None:
    progress = progress_of("A", "B")

    answer(progress, GONE, 1.0)
    done = progress.settlement(1.0)

    assert (done.disabled, done.position) == ("gone", 0)


def test_of_several_failures_at_once_one_counts() -> None:
    progress = progress_of("A", "B", "C")
    sent = [progress.lanes.next(0.0) for _ in range(3)]

    for entry in sent:
        assert entry is not None
        progress.took(entry, UNREACHED, 1.0)

    assert progress.standing.failures == 1


def test_after_a_rest_others_are_tried_before_those_that_failed() -> None:
    progress = progress_of("A", "B", "C")
    first = answer(progress, UNREACHED, 0.0)

    second = progress.lanes.next(99.0)

    assert (first.position, second and second.position) == (1, 2)


def test_a_slow_event_holds_nobody_but_its_customer_up() -> None:
    progress = progress_of("A", "B", "A")
    slow = progress.lanes.next(0.0)
    answer(progress, OK, 1.0)

    early = progress.settlement(1.5)
    later = progress.settlement(3.0)
    assert slow is not None
    progress.took(slow, OK, 4.0)
    last = progress.settlement(4.0)

    assert early.position == 0
    assert (later.position, [each.state for each in later.kept]) == (3, ["due", "waiting"])
    assert last.dropped == [1]
