"""What a peer takes to say whose record this is: Splink's `predict_between`, one new record against a base.

Run by Splink's own interpreter, `.splink/bin/python bench/between.py RUNNER FILE [QUESTIONS]`: RUNNER is a script that
sets Splink up for a file of customers and runs it (`spec_cn`, `prep_cn` of the script and of `common` beside it).
The model is trained and the frequencies of values are counted before the clock runs; what it takes per question is
printed as JSON, milliseconds.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

_QUESTIONS: Final = 60
_WARM: Final = 5
_FLOOR_WEIGHT: Final = -4.0
_COUNTED: Final = ("name", "ph", "addr", "em", "emp")
_RANDOM_PAIRS: Final = 1e6


def main() -> None:
    """Train on a file's persons but for some, ask for those one by one, and print what each answer took."""
    runner, file, *more = sys.argv[1:]
    sys.path.insert(0, str(Path(runner).resolve().parent))
    peer, common = import_module(Path(runner).stem), import_module("common")
    people = common.prep_cn(common.load(file)[1]).query("entity_type == 'person'")
    people = people.drop(columns=["entity_type", "name_en"]).rename(columns={"source": "system"})
    asked = people.sample(int(more[0]) if more else _QUESTIONS, random_state=3)
    base = people.drop(asked.index)
    print(json.dumps(_told(peer, base, asked)))


def _told(peer: Any, base: Any, asked: Any) -> dict[str, float]:
    database = peer.DuckDBAPI()
    linker = _trained(peer, database.register(base), peer.spec_cn(org=False))
    known, took = database.register(base), []
    for place in range(len(asked)):
        record = database.register(asked.iloc[place : place + 1])
        began = time.perf_counter()
        found = linker.inference.predict_between(
            known, record, threshold_match_weight=_FLOOR_WEIGHT
        )
        found.as_duckdbpyrelation().fetchall()
        took.append((time.perf_counter() - began) * 1000)
    took = took[_WARM:]
    return {"records": len(base), "p50_ms": median(took), "p95_ms": quantiles(took, n=20)[-1]}


def _trained(peer: Any, records: Any, spec: Any) -> Any:
    comparisons, blocking, (certain, recall), rounds = spec
    settings = peer.SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        blocking_rules_to_generate_predictions=blocking,
        comparisons=comparisons,
    )
    linker = peer.Linker(records, settings)
    training = linker.training
    training.estimate_probability_two_random_records_match(certain, recall=recall)
    training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=1)
    for rule in rounds:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )
    for column in _COUNTED:
        linker.table_management.compute_tf_table(column)
    return linker


if __name__ == "__main__":
    main()
