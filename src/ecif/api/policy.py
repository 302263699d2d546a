"""The bank's lines: source systems and their trust, rule sets and which of them decides."""

import tomllib
from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import Field, ValidationError, model_validator
from starlette.responses import Response

from ecif import matching, policy, rules, stewardship
from ecif.api.admin_shapes import (
    ActiveRulesAnswer,
    ProposedAnswer,
    RulesAnswer,
    RuleSetsAnswer,
    SourceSystemAnswer,
    SourceSystemsAnswer,
)
from ecif.api.answers import json_answer
from ecif.api.bodies import Body, Sentence, SystemName
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.laid_out import proposal_of
from ecif.api.problems import errors_of
from ecif.errors import Unprocessable
from ecif.policy import (
    RuleSetNotFound,
    RulesUnderMissingKey,
    SourceSystem,
    SourceSystemInUse,
    SourceSystemNotFound,
)
from ecif.rules import RuleSet, SourceRules
from ecif.security import Scope
from ecif.stewardship import Proposal
from ecif.store import Work

door = Door("policy")

_LARGEST_VERSION: Final = 2**31 - 1
_RULES_BYTES: Final = 4_194_304
"""Room for some 60,000 learned names, each as a keyed hash with its share."""
Version = Annotated[int, Path(ge=1, le=_LARGEST_VERSION)]


class SourceSystemBody(Body):
    """What a source system is, and how far it is believed."""

    name: Annotated[
        str | None, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    ] = None
    trust: Annotated[
        int, Field(strict=True, ge=0, le=100, description="0 lowest, 100 highest.")
    ] = 0
    free_of_duplicates: Annotated[
        bool, Field(strict=True, description="It never holds one customer under two keys.")
    ] = False
    keys_are_personal: Annotated[
        bool, Field(strict=True, description="Its keys are identity numbers.")
    ] = False


class RuleSetBody(Body):
    """A draft: as the text of a TOML file, or as the same lines in JSON."""

    toml: Annotated[str | None, Field(min_length=1, max_length=_RULES_BYTES)] = None
    rules: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "RuleSetBody":
        if (self.toml is None) == (self.rules is None):
            raise ValueError("give either `toml` or `rules`")
        return self


class ActivateBody(Body):
    """Why this rule set is to decide."""

    reason: Sentence


@door.route("GET /v1/admin/source-systems", needs=Scope.RULES_READ, answers=SourceSystemsAnswer)
async def list_source_systems(call: Call) -> Response:
    """List every source system, by name."""

    async def story(work: Work) -> list[dict[str, Any]]:
        return [_source(each, work.rules) for each in await policy.list_sources(work)]

    return json_answer({"items": await call.tell(story), "next": None})


@door.route(
    "GET /v1/admin/source-systems/{system}",
    needs=Scope.RULES_READ,
    answers=SourceSystemAnswer,
    refuses=[SourceSystemNotFound],
)
async def get_source_system(call: Call, system: SystemName) -> Response:
    """Read one source system."""

    async def story(work: Work) -> dict[str, Any]:
        return _source(await policy.get_source(work, system), work.rules)

    return json_answer(await call.tell(story))


@door.route(
    "PUT /v1/admin/source-systems/{system}",
    needs=Scope.RULES_WRITE,
    answers=SourceSystemAnswer,
    refuses=[SourceSystemInUse],
    responses={202: {"model": ProposedAnswer, "description": "The rules ask for a second person."}},
)
async def put_source_system(call: Call, system: SystemName, body: SourceSystemBody) -> Response:
    """Register a source system, or say anew what it is; a change of trust is a new rule-set version.

    Where the rules want two people for another rule set, the change of trust is proposed and the rest is done.
    """
    lines = SourceRules(trust=body.trust, free_of_duplicates=body.free_of_duplicates)

    async def story(work: Work) -> dict[str, Any] | Proposal:
        source = await policy.describe_source(
            work, system, name=body.name, keys_are_personal=body.keys_are_personal
        )
        proposal = await stewardship.believe_source(work, system, lines)
        return proposal or {**_source(source, work.rules), **lines.model_dump()}

    done = await call.tell(story)
    return _proposed(done) if isinstance(done, Proposal) else json_answer(done)


@door.route("GET /v1/admin/rule-sets", needs=Scope.RULES_READ, answers=RuleSetsAnswer)
async def list_rule_sets(call: Call) -> Response:
    """List every stored rule set, the newest first."""
    stored = await call.tell(policy.list_rule_sets)
    items = [
        {
            "version": each.version,
            "name": each.name,
            "digest": each.digest,
            "made_by": each.made_by,
            "made_at": each.made_at,
            "is_active": each.is_active,
        }
        for each in stored
    ]
    return json_answer({"items": items, "next": None})


@door.route(
    "GET /v1/admin/rule-sets/{version}",
    needs=Scope.RULES_READ,
    answers=RulesAnswer,
    refuses=[RuleSetNotFound],
)
async def get_rule_set(call: Call, version: Version) -> Response:
    """Read a rule set as it was stored; names that it has learned are shown as keyed hashes."""
    return json_answer(_rules(await call.tell(lambda work: policy.get_rules(work, version))))


@door.route(
    "POST /v1/admin/rule-sets",
    needs=Scope.RULES_WRITE,
    answers=RulesAnswer,
    body_bytes=_RULES_BYTES,
    status_code=201,
)
async def add_rule_set(call: Call, body: RuleSetBody) -> Response:
    """Store a draft; it decides nothing before it is activated.

    Names that are not shipped are kept as keyed hashes, those that few bear not at all: `counted` tells among how many
    they were counted.
    """
    draft = _draft(body)
    stored = await call.tell(lambda work: policy.add_rule_set(work, draft))
    location = {"Location": f"/v1/admin/rule-sets/{stored.version}"}
    return json_answer(_rules(stored), 201, location)


@door.route(
    "POST /v1/admin/rule-sets/{version}/activate",
    needs=Scope.RULES_WRITE,
    answers=ActiveRulesAnswer,
    refuses=[RuleSetNotFound, RulesUnderMissingKey],
    responses={202: {"model": ProposedAnswer, "description": "The rules ask for a second person."}},
)
async def activate_rule_set(call: Call, version: Version, body: ActivateBody) -> Response:
    """Let a stored rule set decide from now on, or propose it where the rules want two people."""
    done = await call.tell(
        lambda work: stewardship.activate_rules(work, version, reason=body.reason)
    )
    return _proposed(done) if isinstance(done, Proposal) else json_answer({"active_version": done})


def _proposed(proposal: Proposal) -> Response:
    location = {"Location": f"/v1/admin/proposals/{proposal.id}"}
    return json_answer({"proposal": proposal_of(proposal)}, 202, location)


def _source(source: SourceSystem, lines: RuleSet) -> dict[str, Any]:
    believed = lines.sources.get(source.system, SourceRules())
    return {
        "system": source.system,
        "name": source.name,
        "ordering": source.ordering,
        "keys_are_personal": source.keys_are_personal,
        "trust": believed.trust,
        "free_of_duplicates": believed.free_of_duplicates,
        "first_seen_at": source.first_seen_at,
    }


def _rules(stored: RuleSet) -> dict[str, Any]:
    return {
        "version": stored.version,
        "name": stored.name,
        "digest": stored.digest,
        "rules": stored.model_dump(mode="json", exclude={"version"}),
    }


def _draft(body: RuleSetBody) -> RuleSet:
    """Read a draft; its version is given when it is stored."""
    draft = _read(body)
    wrong = matching.unknown_levels(draft.matching)
    if wrong:
        errors = [{"field": line, "message": fault} for line, fault in wrong]
        raise Unprocessable("The rule set has wrong lines.", errors=errors)
    return draft


def _read(body: RuleSetBody) -> RuleSet:
    try:
        if body.toml is not None:
            return rules.rule_set_of(body.toml, version=0)
        return RuleSet.model_validate({**(body.rules or {}), "version": 0})
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise Unprocessable("The rule set has wrong lines.", errors=errors_of(found)) from None
    except tomllib.TOMLDecodeError as error:
        raise Unprocessable(f"is not TOML: {error}"[:200], field="toml") from None
