"""Labelled files: read into identities, matched the way the service does it, judged against the truth."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from ecif.identity import Identity, identity_of, partial_date_of
from ecif.matching import (
    CandidateGroup,
    Features,
    Score,
    band_of,
    decide,
    features_of,
    refined_keys,
    score,
)
from ecif.rules import Band, MatchingRules

MAX_BLOCK_RECORDS = 200

DOCUMENT_WORDS = {
    "resident_id": "cn_resident_id",
    "passport": "passport",
    "uscc": "cn_uscc",
    "org_code": "cn_org_code",
    "licence": "cn_business_licence",
    "permit": "hk_macao_permit",
}
DOCUMENT_COLUMNS = ("passport", "national_id", "tax_id", "ssn", "driver_licence", "lei", "uscc")


@dataclass(frozen=True)
class Labelled:
    """The records of one file with the truth about them."""

    features: tuple[Features, ...]
    cluster: tuple[str, ...]
    trap: tuple[str, ...]

    @property
    def true_pairs(self) -> set[tuple[int, int]]:
        members = defaultdict(list)
        for place, cluster in enumerate(self.cluster):
            members[cluster].append(place)
        return {pair for group in members.values() for pair in combinations(group, 2)}


def read_labelled(path: Path) -> Labelled:
    rows = pl.read_parquet(path).to_dicts()
    return Labelled(
        tuple(features_of(identity_from(row)) for row in rows),
        tuple(str(row["cluster_id"]) for row in rows),
        tuple(row.get("_trap") or "" for row in rows),
    )


def identity_from(row: dict[str, Any]) -> Identity:
    told = {key: value for key, value in row.items() if value not in (None, "")}
    plain: dict[str, Any] = {
        "names": _names(told),
        "documents": _documents(told),
        "phones": [{"number": told["phone"]}] if "phone" in told else [],
        "emails": [{"address": told["email"]}] if "email" in told else [],
        "addresses": _addresses(told),
    }
    if told["entity_type"] == "org":
        plain |= {
            "kind": "organisation",
            "legal_representative": told.get("legal_rep"),
            "country": told.get("country"),
            **_date(told, "established_on"),
        }
    else:
        sex = {"M": "male", "F": "female"}.get(told.get("gender", ""))
        plain |= {"sex": sex, "employer": told.get("employer"), **_date(told, "birth_date")}
    return identity_of(plain)


def _names(told: dict[str, Any]) -> list[dict[str, Any]]:
    legal = {
        "full": told.get("full_name") or told.get("org_name"),
        "given": told.get("given_name"),
        "middle": told.get("middle_name"),
        "family": told.get("family_name"),
        "second_family": told.get("family_name2"),
    }
    names = [{key: value for key, value in legal.items() if value}] if any(legal.values()) else []
    if "name_en" in told:
        names.append({"kind": "latin", "full": told["name_en"]})
    return names or [{"full": "?"}]


def _documents(told: dict[str, Any]) -> list[dict[str, str]]:
    documents = [{"kind": slug, "number": told[slug]} for slug in DOCUMENT_COLUMNS if slug in told]
    if "id_number" in told:
        kind = DOCUMENT_WORDS.get(told.get("id_type", ""), "national_id")
        documents.append({"kind": kind, "number": told["id_number"]})
    return documents


def _addresses(told: dict[str, Any]) -> list[dict[str, str]]:
    address = {
        "line": told.get("address") or told.get("street"),
        "street_no": told.get("street_no"),
        "line2": told.get("address2"),
        "city": told.get("city"),
        "region": told.get("region") or told.get("province"),
        "postcode": told.get("postcode"),
    }
    return (
        [{key: value for key, value in address.items() if value}] if any(address.values()) else []
    )


def _date(told: dict[str, Any], field: str) -> dict[str, str]:
    if field not in told:
        return {}
    date = partial_date_of(told[field])
    return {field: date} if date else {f"{field}_raw": told[field]}


class Index:
    """Blocking keys in memory; a key that too many share is refined, not dropped."""

    def __init__(self, features: Iterable[Features]) -> None:
        self.features = tuple(features)
        members = defaultdict(list)
        for place, one in enumerate(self.features):
            for key in one.keys:
                members[key].append(place)
        self.members: dict[str, list[int]] = {}
        for key, places in members.items():
            self._put(key, places)

    def _put(self, key: str, places: list[int]) -> None:
        if len(places) <= MAX_BLOCK_RECORDS:
            self.members[key] = places
            return
        finer = defaultdict(list)
        for place in places:
            for refined in refined_keys(key, self.features[place]):
                finer[refined].append(place)
        self.members |= {
            refined: few for refined, few in finer.items() if len(few) <= MAX_BLOCK_RECORDS
        }

    def pairs(self) -> Iterator[tuple[int, int]]:
        seen: set[tuple[int, int]] = set()
        for places in self.members.values():
            for pair in combinations(places, 2):
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def scored_pairs(index: Index, rules: MatchingRules) -> dict[tuple[int, int], Score]:
    features = index.features
    return {
        pair: score(features[pair[0]], features[pair[1]], rules)
        for pair in index.pairs()
        if features[pair[0]].kind == features[pair[1]].kind
    }


@dataclass
class Online:
    """Records that arrived one by one: the customer of each, and the pairs that wait for a person."""

    customer_of: list[int]
    reviews: set[tuple[int, int]]


def arrive(
    index: Index, scores: dict[tuple[int, int], Score], rules: MatchingRules, seed: int
) -> Online:
    """Let every record arrive once, in a random order, each judged against all that came before."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in scores:
        near[a].add(b)
        near[b].add(a)
    order = list(range(len(index.features)))
    Random(seed).shuffle(order)
    customer_of = [-1] * len(order)
    members: dict[int, list[int]] = {}
    reviews: set[tuple[int, int]] = set()
    for place in order:
        candidates = {customer_of[other] for other in near[place] if customer_of[other] >= 0}
        groups = [
            CandidateGroup(
                customer,
                tuple(
                    (member, _between(place, member, scores, index, rules))
                    for member in members[customer]
                ),
            )
            for customer in sorted(candidates)
        ]
        strong = [
            one.customer_id for one in groups if _is_strong(one, index.features[place], rules)
        ]
        contradicting = _contradicting(strong, members, scores, index, rules)
        verdict = decide(groups, rules, index.features[place].kind, contradicting)
        joined = (
            [tie.customer_id for tie in verdict.joins] if verdict.band is Band.AUTOMATIC else []
        )
        into = min(joined, default=place)
        together = [place, *(member for customer in joined for member in members.pop(customer))]
        members[into] = together
        for member in together:
            customer_of[member] = into
        reviews |= {tuple(sorted((place, tie.record_id))) for tie in verdict.reviews}  # type: ignore[misc]
    return Online(customer_of, reviews)


def _is_strong(group: CandidateGroup, features: Features, rules: MatchingRules) -> bool:
    lines = rules.of_kind(features.kind)
    return any(band_of(one, lines) is Band.AUTOMATIC for _, one in group.scores)


def _between(
    a: int, b: int, scores: dict[tuple[int, int], Score], index: Index, rules: MatchingRules
) -> Score:
    pair = (min(a, b), max(a, b))
    if pair not in scores:
        scores[pair] = score(index.features[a], index.features[b], rules)
    return scores[pair]


def _contradicting(
    customers: list[int],
    members: dict[int, list[int]],
    scores: dict[tuple[int, int], Score],
    index: Index,
    rules: MatchingRules,
) -> set[frozenset[int]]:
    return {
        frozenset((x, y))
        for x, y in combinations(customers, 2)
        if any(_between(a, b, scores, index, rules).vetoes for a in members[x] for b in members[y])
    }
