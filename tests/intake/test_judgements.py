from asyncio import to_thread
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from ecif import intake, stewardship
from ecif.cli.installation import keys_of, settings_of
from ecif.cli.match_decisions import learn
from ecif.cli.refusing import CannotStart
from ecif.dedupe import read_rules
from ecif.matching import Features
from ecif.rules import default_rules
from tests.bank import ANNA, Bank, open_bank, person
from tests.intake.drafts import activate, arrive, traces, with_limits
from tests.stewardship.doubts import decision

CAUTIOUS = with_limits(default_rules(), automatic=60.0)


async def in_doubt(bank: Bank, name: str, phone: str) -> UUID:
    """Two customers of one name and telephone; the review that compares them."""
    await arrive(
        bank, *(person(name, phone, birth_date=born) for born in ("1990-03-07", "1990-03-08"))
    )
    rows = await bank.rows("SELECT id FROM review WHERE status = 'open'")
    [review] = [UUID(str(row["id"])) for row in rows]
    return review


async def judge(bank: Bank, review_id: UUID, judgement: str) -> None:
    said = await decision(bank, review_id, judgement)
    await bank.do(lambda work: stewardship.decide(work, review_id, said))


def phones(features: Features) -> set[str]:
    return set(features.phones)


async def test_what_people_decided_is_read_as_pairs_of_records(bank: Bank) -> None:
    await activate(bank, CAUTIOUS)
    await judge(bank, await in_doubt(bank, "张伟", "+8613812345678"), "same")
    await judge(bank, await in_doubt(bank, "王芳", "+8615900001111"), "different")

    pairs = await intake.judged_pairs(bank.database, ANNA)

    assert [(each.is_same, phones(each.a) & phones(each.b)) for each in pairs] == [
        (True, {"+8613812345678"}),
        (False, {"+8615900001111"}),
    ]


async def test_a_judgement_that_a_later_decision_took_back_teaches_the_contrary(
    bank: Bank,
) -> None:
    await activate(bank, CAUTIOUS)
    await judge(bank, await in_doubt(bank, "张伟", "+8613812345678"), "same")
    [merge] = await bank.rows("SELECT id FROM merge")
    merge_id = UUID(str(merge["id"]))
    await bank.do(lambda work: stewardship.unmerge(work, merge_id, reason="two people"))

    pairs = await intake.judged_pairs(bank.database, ANNA)

    assert [each.is_same for each in pairs] == [False]


@pytest.fixture
async def installed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bank]:
    """The bank of an installation, as commands find it."""
    monkeypatch.setenv("ECIF_DATABASE_URL", database_url)
    monkeypatch.setenv("ECIF_HOME", str(tmp_path / "home"))
    async with open_bank(database_url, keys=keys_of(settings_of()).master) as bank:
        yield bank


async def test_a_draft_is_written_from_decisions_and_nothing_else_is_changed(
    installed: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecif.matching.judged.FEWEST_DECISIONS", 4)
    monkeypatch.setattr("ecif.matching.judged.FEWEST_OF_EACH", 2)
    active = await activate(installed, CAUTIOUS)
    for name, phone, judgement in (
        ("张伟", "+8613812345678", "same"),
        ("王芳", "+8615900001111", "different"),
        ("李娜", "+8618677776666", "same"),
        ("刘洋", "+8617755558888", "different"),
    ):
        await judge(installed, await in_doubt(installed, name, phone), judgement)
    before = await traces(installed)
    out = tmp_path / "draft.toml"

    await to_thread(partial(learn, out, adapted=None, legal_entity="main", home=None))

    draft = read_rules(out)
    assert draft.name == "learned from decisions"
    assert draft.matching.organisation == active.matching.organisation
    assert draft.masks == active.masks
    assert await traces(installed) == before


async def test_too_few_decisions_write_no_draft_and_it_is_said_how_many_are_needed(
    installed: Bank, tmp_path: Path
) -> None:
    out = tmp_path / "draft.toml"
    few = partial(learn, out, adapted=None, legal_entity="main", home=None)

    with pytest.raises(CannotStart, match="at least 100 are needed, 20 of each"):
        await to_thread(few)

    assert not out.exists()
