"""A crew whose database does not answer."""

from uuid import uuid4

import pytest

from ecif.errors import Busy
from ecif.intake import Crew, Premises
from ecif.intake.imports import Run
from ecif.intake.imports_hands import Job
from ecif.intake.imports_pieces import Piece
from ecif.intake.messages import ReadingRules
from ecif.security import MasterKeys
from tests.bank import ANNA

NOBODY_LISTENS = "postgresql://ecif@127.0.0.1:1/ecif"


async def test_a_crew_without_a_database_says_that_it_is_busy_and_can_be_asked_again() -> None:
    premises = Premises(database_url=NOBODY_LISTENS, keys=MasterKeys.fresh())
    job = Job(run=Run(uuid4(), uuid4()), actor=ANNA, rules=ReadingRules())
    piece = Piece(first=1, behind=2, rows=[], keys=frozenset(), share=1.0)
    crew = Crew(premises, count=1)
    try:
        for _ in range(2):
            with pytest.raises(Busy):
                await crew.take_in(job, piece)
    finally:
        crew.close()
