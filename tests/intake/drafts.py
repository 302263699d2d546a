"""Draft rule sets, and what they would change among the customers of a test's bank."""

from itertools import count

from ecif import intake, policy
from ecif.customers import NewRecord
from ecif.identity import Identity
from ecif.intake import Impact, Prepared
from ecif.rules import RuleSet
from ecif.store import Work
from tests.bank import ANNA, Bank

_keys = count(1)


class Nobody:
    """Watches nothing."""

    def stage(self, name: str, total: int) -> None:
        """Something begins."""

    def advance(self, parts: int) -> None:
        """Some of it is done."""


def with_limits(
    rules: RuleSet, *, automatic: float = 0.0, review: float = 0.0, **words: object
) -> RuleSet:
    """The same rules with both limits of persons moved by so many bits."""
    person = rules.matching.person.model_copy(
        update={
            "automatic_at_bits": rules.matching.person.automatic_at_bits + automatic,
            "review_at_bits": rules.matching.person.review_at_bits + review,
        }
    )
    matching = rules.matching.model_copy(update={"person": person, **words})
    return rules.model_copy(update={"matching": matching})


async def impact_of(bank: Bank, draft: RuleSet) -> Impact:
    """What a draft would change among all customers."""
    return await intake.impact_on_all(bank.database, ANNA, draft, Nobody(), most_samples=100)


async def activate(bank: Bank, rules: RuleSet) -> RuleSet:
    """Let these rules decide from now on."""

    async def story(work: Work) -> RuleSet:
        stored = await policy.add_rule_set(work, rules)
        await policy.activate(work, stored.version)
        return stored

    return await bank.do(story)


async def arrive(bank: Bank, *said: Identity, source: str = "core") -> list[str]:
    """Records of people who come in one after another; the customer number that each is given."""
    numbers = []
    for each in said:
        new = NewRecord(source_system=source, source_key=f"A{next(_keys)}", identity=each)
        prepared = intake.prepare(new, bank.database.vault, ANNA.legal_entity)

        async def story(work: Work, prepared: Prepared = prepared) -> str:
            registration = await intake.register(work, prepared)
            assert registration.customer is not None
            return registration.customer.customer_no

        numbers.append(await bank.do(story))
    return numbers


async def traces(bank: Bank) -> list[dict[str, object]]:
    """How much stands in the tables that any change would leave a trace in."""
    return await bank.rows(
        """
        SELECT (SELECT count(*) FROM outbox) AS events, (SELECT count(*) FROM audit_entry) AS audited,
               (SELECT count(*) FROM link) AS links, (SELECT sum(version) FROM customer) AS versions,
               (SELECT count(*) FROM review) AS reviews, (SELECT count(*) FROM merge) AS merges
        """
    )
