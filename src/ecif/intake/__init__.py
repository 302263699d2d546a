"""Someone came in: who is it?

Owns recognition, the story of one record or of many, and imports.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecif.intake.arriving import Prepared, prepare
from ecif.intake.asking import (
    Hit,
    Recognition,
    look_up_by_document,
    look_up_by_phone,
    recognise,
    search,
    withdraw,
)
from ecif.intake.changes import Change
from ecif.intake.files import Rows, rows_of
from ecif.intake.files_survey import FileNotReadable, Survey, survey
from ecif.intake.impact import Impact, RulesChanged, Watch, impact_on, impact_on_all
from ecif.intake.imports import (
    COUNTED,
    Import,
    ImportNotFound,
    ImportTakenOver,
    Run,
    get_import,
)
from ecif.intake.imports_crew import Crew, ImportInterrupted, Premises, crew_for
from ecif.intake.imports_files import FileOrder, import_file, write_rejects
from ecif.intake.imports_uploads import (
    PIECE_BYTES,
    close_upload,
    open_upload,
    put_piece,
    take_in_next_upload,
)
from ecif.intake.imports_watching import imports_by_state
from ecif.intake.judgements import judged_pairs
from ecif.intake.messages import ReadingRules, RowReader
from ecif.intake.registration import Registration, register, register_many
from ecif.intake.rejects import Reject, list_rejects
from ecif.intake.sweep_runs import Sweep
from ecif.intake.sweeping import Forecast, foresee_all, sweep_all

if TYPE_CHECKING:
    from ecif.intake.sample import sample_rows, write_sample


def __getattr__(name: str) -> Any:
    """The sample, which is written with Arrow: loaded at the first use."""
    if name not in {"sample_rows", "write_sample"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module("ecif.intake.sample"), name)
    globals()[name] = found
    return found


__all__ = [
    "COUNTED",
    "PIECE_BYTES",
    "Change",
    "Crew",
    "FileNotReadable",
    "FileOrder",
    "Forecast",
    "Hit",
    "Impact",
    "Import",
    "ImportInterrupted",
    "ImportNotFound",
    "ImportTakenOver",
    "Premises",
    "Prepared",
    "ReadingRules",
    "Recognition",
    "Registration",
    "Reject",
    "RowReader",
    "Rows",
    "RulesChanged",
    "Run",
    "Survey",
    "Sweep",
    "Watch",
    "close_upload",
    "crew_for",
    "foresee_all",
    "get_import",
    "impact_on",
    "impact_on_all",
    "import_file",
    "imports_by_state",
    "judged_pairs",
    "list_rejects",
    "look_up_by_document",
    "look_up_by_phone",
    "open_upload",
    "prepare",
    "put_piece",
    "recognise",
    "register",
    "register_many",
    "rows_of",
    "sample_rows",
    "search",
    "survey",
    "sweep_all",
    "take_in_next_upload",
    "withdraw",
    "write_rejects",
    "write_sample",
]
