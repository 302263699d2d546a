"""Order and settling, as properties: whatever the sequence of outcomes, crashes and settlements."""

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ecif.delivery.lanes import Entry, Lanes, lanes_of
from ecif.delivery.leases import Standing
from ecif.delivery.progress import Progress
from ecif.delivery.sink import Handed, Outcome

EVENTS = 24
CUSTOMERS = ("A", "B", "C", "D")
DELIVERED = Outcome(Handed.DELIVERED, "accepted", 204)
FAILURES = (
    Outcome(Handed.RETRY, "timeout"),
    Outcome(Handed.RETRY, "server-error", 500),
    Outcome(Handed.RETRY, "not-reached"),
    Outcome(Handed.RETRY, "too-many-requests", 429, 30.0),
    Outcome(Handed.REFUSED, "rejected", 422),
)


class RelayMachine(RuleBasedStateMachine):
    """A relay over a feed of some customers; it may crash at any moment and begin again from what was settled.

    The subscriber notes each delivery. What must hold: nothing is skipped, first deliveries of a customer come in
    order, an event of a merge waits for all its participants, and the cursor passes nothing that is neither
    delivered nor kept in a row.
    """

    @initialize(
        lanes=st.lists(
            st.lists(st.sampled_from(CUSTOMERS), min_size=0, max_size=3, unique=True),
            min_size=EVENTS,
            max_size=EVENTS,
        )
    )
    def begin(self, lanes: list[list[str]]) -> None:
        self.lanes_of = {place: tuple(sorted(each)) for place, each in enumerate(lanes, 1)}
        self.got: list[int] = []
        self.rows: dict[int, Entry] = {}
        self.cursor = 0
        self.standing = Standing()
        self.now = 1_700_000_000.0
        self.sending: list[Entry] = []
        self.start()

    def start(self) -> None:
        self.progress = Progress(Lanes(self.cursor), self.standing, lambda: 0.5, self.cursor)
        self.sending = []
        for row in self.rows.values():
            self.progress.lanes.add(
                Entry(
                    row.position,
                    row.lanes,
                    attempts=row.attempts,
                    due=row.due,
                    parked=row.parked,
                    apart=True,
                    is_kept=True,
                )
            )

    @rule(count=st.integers(1, 6))
    def read_on(self, count: int) -> None:
        lanes = self.progress.lanes
        for place in range(lanes.read_to + 1, min(lanes.read_to + count, EVENTS) + 1):
            lanes.add(Entry(place, self.lanes_of[place]))
            lanes.read_up_to(place)

    @rule()
    def send(self) -> None:
        if self.now < self.progress.is_resting_until:
            return
        entry = self.progress.lanes.next(self.now)
        if entry is not None:
            behind = [each for each in self.sending if set(each.lanes) & set(entry.lanes)]
            assert behind == [], "two events of one customer are on their way at once"
            self.sending.append(entry)

    @precondition(lambda self: self.sending)
    @rule(
        which=st.randoms(use_true_random=False),
        outcome=st.sampled_from((DELIVERED,) * 6 + FAILURES),
    )
    def hear(self, which: object, outcome: Outcome) -> None:
        entry = self.sending.pop(which.randrange(len(self.sending)))  # type: ignore[attr-defined]
        if outcome is DELIVERED:
            self.deliver(entry)
        self.progress.took(entry, outcome, self.now)
        if not self.sending:
            self.progress.is_quiet(self.now)

    def deliver(self, entry: Entry) -> None:
        first = entry.position not in self.got
        if first:
            for place in range(1, entry.position):
                if set(self.lanes_of[place]) & set(entry.lanes):
                    assert place in self.got, f"{entry.position} came before {place}"
        self.got.append(entry.position)

    @rule(seconds=st.sampled_from((0.1, 3.0, 40.0, 5_000.0)))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def settle(self) -> None:
        done = self.progress.settlement(self.now)
        for place in done.dropped:
            del self.rows[place]
        for kept in done.kept:
            entry = kept.entry
            self.rows[entry.position] = Entry(
                entry.position,
                entry.lanes,
                attempts=entry.attempts,
                due=entry.due,
                parked=entry.parked,
            )
        self.cursor, self.standing = done.position, done.standing

    @rule()
    def crash(self) -> None:
        self.start()

    @invariant()
    def nothing_is_passed_over(self) -> None:
        if hasattr(self, "rows"):
            passed = set(range(1, self.cursor + 1))
            assert passed <= set(self.got) | self.rows.keys()

    def teardown(self) -> None:
        """In the end, with an endpoint that takes everything, everything arrives."""
        if not hasattr(self, "rows"):
            return
        self.crash()
        self.read_on(EVENTS)
        for _ in range(10 * EVENTS):
            self.now += 50_000.0
            self.send()
            while self.sending:
                entry = self.sending.pop()
                self.deliver(entry)
                self.progress.took(entry, DELIVERED, self.now)
        self.settle()
        assert set(self.got) == set(range(1, EVENTS + 1))
        assert (self.cursor, self.rows) == (EVENTS, {})


TestRelayMachine = RelayMachine.TestCase
TestRelayMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def lanes_with(*events: tuple[int, str]) -> Lanes:
    lanes = Lanes(0)
    for position, customers in events:
        lanes.add(Entry(position, tuple(customers)))
        lanes.read_up_to(position)
    return lanes


def taken(lanes: Lanes) -> list[int]:
    found = []
    while (entry := lanes.next(0.0)) is not None:
        found.append(entry.position)
    return found


def test_customers_go_beside_each_other_and_events_of_one_after_the_other() -> None:
    lanes = lanes_with((1, "A"), (2, "A"), (3, "B"), (4, "C"))

    assert taken(lanes) == [1, 3, 4]

    lanes.done(lanes.entries[1])
    assert taken(lanes) == [2]


def test_a_merge_waits_for_all_its_participants() -> None:
    lanes = lanes_with((1, "A"), (2, "B"), (3, "AB"), (4, "B"))

    before = taken(lanes)
    lanes.done(lanes.entries[1])
    halfway = taken(lanes)
    lanes.done(lanes.entries[2])

    assert (before, halfway, taken(lanes)) == ([1, 2], [], [3])


def test_what_was_set_aside_waits_until_everything_before_it_is_known() -> None:
    """A relay begins anew: the rows of former relays are there, the events between its cursor and them are not."""
    lanes = Lanes(0)
    for position, customers in ((2, "B"), (3, "AB")):
        lanes.add(Entry(position, tuple(customers), apart=True, is_kept=True))

    at_first = taken(lanes)
    lanes.add(Entry(1, ("A",)))
    lanes.read_up_to(2)
    then = taken(lanes)
    lanes.done(lanes.entries[2])
    between = taken(lanes)
    lanes.read_up_to(3)
    before_the_merge = taken(lanes)
    lanes.done(lanes.entries[1])

    assert (at_first, then, between, before_the_merge) == ([], [1, 2], [], [])
    assert taken(lanes) == [3]


def test_events_of_no_customer_wait_for_nobody() -> None:
    assert taken(lanes_with((1, ""), (2, ""), (3, ""))) == [1, 2, 3]
    assert lanes_of(None) == ()


def test_the_cursor_stands_before_the_first_that_is_not_done_nor_set_aside() -> None:
    lanes = lanes_with((1, "A"), (2, "B"), (3, "A"), (4, "C"))
    taken(lanes)

    lanes.done(lanes.entries[4])
    held = lanes.cursor
    lanes.put_off(lanes.entries[1], 99.0)
    lanes.done(lanes.entries[2])
    passed = lanes.cursor
    for entry in lanes.stranded():
        lanes.set_aside(entry)

    assert (held, passed, lanes.cursor) == (0, 2, 4)


def test_a_settlement_says_when_something_happened() -> None:
    progress = Progress(lanes_with((1, "A")), Standing(), lambda: 0.5, 0)
    entry = progress.lanes.next(10.0)
    assert entry is not None

    progress.took(entry, Outcome(Handed.REFUSED, "rejected", 422), 10.0)
    done = progress.settlement(10.0)

    [attempt], [kept] = done.attempts, done.kept
    assert attempt.at == datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC)
    assert (kept.state, kept.entry.attempts, kept.due_at.timestamp()) == ("due", 1, 15.0)
    assert done.position == 1
