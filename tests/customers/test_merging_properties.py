"""Any sequence of merges, reversals, detachments, edits and pins against a small model of what they mean."""

import asyncio
import os
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from ecif import customers
from ecif.store import Work
from tests.bank import open_bank
from tests.customers.stewards import Stewards
from tests.customers.told import replay

SCALE = int(os.environ.get("ECIF_TORTURE_SCALE", "1"))
SETTINGS = settings(
    max_examples=40 * SCALE,
    stateful_step_count=14,
    suppress_health_check=list(HealthCheck),
)


class Merging(Stewards):
    """Whatever stewards do, this holds after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = count()

    @invariant()
    def every_number_leads_in_one_hop_to_its_customer(self) -> None:
        rows = self.rows("""
            SELECT a.customer_no, a.status, coalesce(b.customer_no, a.customer_no) AS home, b.status AS home_status
            FROM customer a LEFT JOIN customer b ON b.id = a.merged_into_id
            WHERE a.id > {customer_id}
        """)
        found = {row["customer_no"]: row for row in rows}
        for number in self.model.numbers:
            assert found[number]["home"] == self.model.leads_to(number)
            assert found[number]["status"] == self.model.status(number)
            assert found[number]["home_status"] != "merged"

    @invariant()
    def every_record_belongs_to_its_customer(self) -> None:
        rows = self.rows("""
            SELECT r.id, c.customer_no, l.customer_id = c.id AS linked
            FROM source_record r JOIN customer c ON c.id = r.customer_id
            LEFT JOIN link l ON l.record_id = r.id AND l.until IS NULL
            WHERE r.id > {record_id}
        """)
        found = {row["id"]: row["customer_no"] for row in rows if row["linked"]}
        assert {record: found[record] for record in self.model.piles} == {
            record: self.model.home(record) for record in self.model.piles
        }

    @invariant()
    def what_goes_wrong_for_good_is_looked_for_now_and_then(self) -> None:
        if next(self.looks) % 4 == 0:
            self.golden_records_are_derived_from_records_pins_and_rules()
            self.the_events_tell_it_all()

    def golden_records_are_derived_from_records_pins_and_rules(self) -> None:
        async def story(work: Work) -> None:
            for number in self.model.numbers:
                if self.model.leads_to(number) == number:
                    stored = await customers.get_clear(work, number)
                    records = [r for r in stored.records if r.is_live] or stored.records
                    pins = self.model.pins.get(number, {})
                    assert stored.values == customers.derive(records, pins, work.rules).values

        self.do(story)

    @invariant()
    def those_kept_apart_stay_so_until_a_person_brings_them_together(self) -> None:
        rows = self.rows(
            "SELECT left_records, right_records FROM anti_link WHERE until IS NULL AND id > {anti_link_id}"
        )
        found = {
            frozenset((one, other))
            for row in rows
            for one in row["left_records"]
            for other in row["right_records"]
        }
        assert found == self.model.apart

    def the_events_tell_it_all(self) -> None:
        rows = self.rows(
            "SELECT type, subject, sequence, data FROM outbox WHERE id > {outbox_id} ORDER BY id"
        )
        told = replay(rows)
        stored = self.rows(
            "SELECT customer_no, status, version FROM customer WHERE id > {customer_id}"
        )
        assert told.customers == {
            row["customer_no"]: (row["status"], row["version"]) for row in stored
        }
        live = {record for record in self.model.piles if record not in self.model.gone}
        assert {r: told.records.get(r) for r in live} == {r: self.model.home(r) for r in live}


def test_any_sequence_of_decisions_does_what_the_model_says(database_url: str) -> None:
    bank = open_bank(database_url, connections=1)
    with asyncio.Runner() as runner:
        Merging.runner, Merging.bank = runner, runner.run(bank.__aenter__())
        try:
            run_state_machine_as_test(Merging, settings=SETTINGS)
        finally:
            runner.run(bank.__aexit__(None, None, None))
