"""Names that a bank has learned are stored as keyed hashes, and only those that many bear."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from ecif import policy
from ecif.errors import Unprocessable
from ecif.frequencies import Frequencies
from ecif.identity import Name, Person
from ecif.matching import features_of, score
from ecif.matching.bearers import Borne, learned_frequencies
from ecif.policy import RulesUnderMissingKey
from ecif.rules import MatchingRules, RuleSet, default_rules
from ecif.security import KeyRing, MasterKeys
from ecif.store import Statement, Work
from tests.bank import Bank, open_bank
from tests.intake.drafts import activate
from tests.sweep import CANARY_FAMILY_NAME

SHIPPED = default_rules()
RARE = "rarebird"
OFTEN = (CANARY_FAMILY_NAME.lower(), "serinus", "雀扉")
"""A family name, a Latin given name and a Chinese one, none of them shipped."""
ADD_IN_CLEAR = Statement(
    text("""
    INSERT INTO rule_set_version (legal_entity, version, name, digest, content, made_by, made_at)
    VALUES ('main', 9, 'earlier', 'earlier', CAST(:content AS text), 'anna', clock_timestamp())
    """)
)


def learned(names: tuple[str, str, str] = OFTEN) -> RuleSet:
    """Rules that have learned how often names are borne in a file of 5,000 records."""
    family, latin, chinese = names
    borne = {
        "family_name": Borne({family: 300, RARE: 9}, 4_000, 5_000),
        "given_name": Borne({latin: 200, chinese: 100, RARE: 16}, 4_000, 5_000),
    }
    return with_frequencies(learned_frequencies(borne, SHIPPED.matching.frequencies))


def with_frequencies(frequencies: Frequencies) -> RuleSet:
    """The shipped rules with other frequencies."""
    matching = SHIPPED.matching.model_copy(update={"frequencies": frequencies})
    return SHIPPED.model_copy(update={"matching": matching, "name": "learned"})


def weighed(rules: MatchingRules, names: tuple[str, str, str] = OFTEN) -> list[object]:
    """What two records of the same name say, for names that are kept: levels and bits."""
    family, latin, chinese = names
    said = []
    for name in (Name(given=latin, family=family), Name(full=f"王{chinese}")):
        person = Person(names=(name,), birth_date="1990-03-07")
        features = features_of(person)
        found = score(features, features, rules)
        said += [found.bits, *((each.about, each.level, each.bits) for each in found.weighed)]
    return said


async def in_clear(bank: Bank, names: tuple[str, ...] = (*OFTEN, RARE)) -> list[str]:
    """Learned names that some row of rules shows."""
    rows = await bank.rows("SELECT content FROM rule_set_version WHERE version <> 9")
    return [name for name in names for row in rows if name in str(row["content"])]


async def test_learned_names_are_stored_as_hashes_that_weigh_the_same(bank: Bank) -> None:
    clear = learned()

    stored = await activate(bank, clear)
    active = await bank.do(_active)

    frequencies = active.matching.frequencies
    assert frequencies.learned is not None
    assert (len(frequencies.learned.family_name), len(frequencies.learned.given_name)) == (1, 2)
    assert frequencies.family_name.keys() == SHIPPED.matching.frequencies.family_name.keys()
    assert await in_clear(bank) == []
    assert not any(name in active.model_dump_json() for name in (*OFTEN, RARE))
    assert weighed(clear.matching) != weighed(SHIPPED.matching)
    assert weighed(active.matching) == weighed(stored.matching) == weighed(clear.matching)


async def test_a_name_that_few_bear_counts_as_one_that_is_not_listed(bank: Bank) -> None:
    stored = await activate(bank, learned())

    shares = stored.matching.frequencies
    for part in ("family_name", "given_name"):
        assert shares.share_of(part, RARE) == shares.share_of(part, "unheard of")
        unlisted = learned().matching.frequencies.share_of(part, "unheard of")
        assert shares.share_of(part, "unheard of") >= unlisted


async def test_names_are_looked_up_under_a_former_key_while_it_is_at_hand(
    database_url: str,
) -> None:
    keys = MasterKeys.fresh()
    async with open_bank(database_url, keys=keys) as bank:
        await activate(bank, learned())

    async with open_bank(
        database_url, keys=replace(keys, hashing=keys.hashing.with_next())
    ) as bank:
        active = await bank.do(_active)
        changed = await activate(bank, active.model_copy(update={"name": "renamed"}))
        lost = await _lost(bank)

    assert changed.matching.frequencies.learned == active.matching.frequencies.learned
    assert weighed(active.matching) == weighed(changed.matching) == weighed(learned().matching)
    assert lost == {}


@pytest.mark.parametrize("version", [1, 2])
async def test_rules_whose_key_is_gone_decide_nothing_and_say_so(
    database_url: str, version: int
) -> None:
    keys = MasterKeys.fresh()
    async with open_bank(database_url, keys=keys) as bank:
        stored = await activate(bank, learned())

    ring = KeyRing(version, {version: KeyRing.fresh().versions[1]})
    async with open_bank(database_url, keys=replace(keys, hashing=ring)) as bank:
        active = await bank.do(_active)
        with pytest.raises(RulesUnderMissingKey):
            weighed(active.matching)
        with pytest.raises(RulesUnderMissingKey):
            await bank.do(lambda work: policy.activate(work, stored.version))
        with pytest.raises(Unprocessable, match="put that key back"):
            await bank.do(lambda work: policy.add_rule_set(work, active))
        assert await _lost(bank) == {"main": 1}


async def test_rules_stored_with_names_in_clear_weigh_the_same_and_show_none(bank: Bank) -> None:
    names = ("oldbird", "ancientbird", "雀巢")
    clear = learned(names).matching
    await bank.do(_active)
    frequencies = clear.frequencies.model_copy(update={"counted": {}})
    content = with_frequencies(frequencies).model_dump_json(exclude={"version"})
    async with bank.database.connection() as connection:
        await connection.execute(ADD_IN_CLEAR, content=content)

    earlier = await bank.do(lambda work: policy.get_rules(work, 9))
    later = await bank.do(lambda work: policy.add_rule_set(work, earlier))

    assert weighed(earlier.matching, names) == weighed(clear, names)
    assert weighed(later.matching, names) == weighed(clear, names)
    assert not any(name in earlier.model_dump_json() for name in names)
    assert await in_clear(bank, names) == []


async def test_names_of_which_nobody_says_how_many_were_counted_are_refused(bank: Bank) -> None:
    frequencies = learned().matching.frequencies.model_copy(update={"counted": {}})
    draft = with_frequencies(frequencies)

    with pytest.raises(Unprocessable, match=r"counted\.family_name") as refused:
        await bank.do(lambda work: policy.add_rule_set(work, draft))

    assert not any(name in str(refused.value) for name in OFTEN)


async def _active(work: Work) -> RuleSet:
    return work.rules


async def _lost(bank: Bank) -> dict[str, int]:
    async with bank.database.connection() as connection:
        return await policy.rules_under_missing_keys(connection, bank.database.vault)
