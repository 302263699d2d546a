"""People who come in: made up by seed, the same from many sources, or nearly the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ecif import intake
from ecif.customers import NewRecord
from ecif.identity import Person
from ecif.intake import Registration
from ecif.store import Database, Queue
from tests.bank import ANNA

_FAMILY = (
    "Abel Bauer Cohen Duarte Eriksen Fischer Gruber Horvat Ivanov Jansen Keller Lindgren".split()  # noqa: SIM905
)
_GIVEN = (
    "Ada Bruno Clara David Elena Felix Greta Hugo Irma Jonas Karla Leo Mira Nils Olga Paul".split()  # noqa: SIM905
)


def somebody(number: int) -> dict[str, Any]:
    """What one person tells of herself; two numbers never tell the same."""
    chance = Random(number)
    family = chance.choice(_FAMILY) + chance.choice(("", "", "ova", "sen"))
    day = f"{1940 + number % 60}-{1 + number % 12:02d}-{1 + chance.randrange(28):02d}"
    return {
        "names": [{"given": f"{chance.choice(_GIVEN)} {chance.choice(_GIVEN)}", "family": family}],
        "birth_date": day,
        "documents": [{"kind": "passport", "number": f"P{number:08d}", "issuer": "AT"}],
        "phones": [{"number": f"+43660{number:07d}"}],
        "emails": [{"address": f"{family.lower()}.{number}@example.com"}],
    }


@dataclass
class Desk:
    """One process at whose doors callers stand: a pool, and a queue before it."""

    database: Database
    queue: Queue

    async def take_in(self, system: str, key: str, said: dict[str, Any]) -> Registration:
        """A caller hands a record in, as the doors do it: made ready, waits its turn, then the transaction."""
        new = NewRecord(source_system=system, source_key=key, identity=Person.model_validate(said))
        prepared = intake.prepare(new, self.database.vault, "main")
        async with self.queue.turn(prepared.claims):
            return await self.database.run(ANNA, lambda work: intake.register(work, prepared))


def numbers_of(registrations: Sequence[Registration]) -> set[str]:
    """The customers that some records became part of."""
    return {each.customer.customer_no for each in registrations if each.customer}
