"""What a decision without a person needs: evidence that a family, a switchboard or a namesake cannot share."""

from ecif.matching.forms import Features

_NUMBER_AGREES = frozenset({"same", "same_unproven"})
_NUMBER_NEARLY = frozenset({"one_off", "masked"})
_SAME_PLACE = frozenset({"same", "building"})


def holds_of(a: Features, b: Features, levels: dict[str, str]) -> tuple[str, ...]:
    """What is missing before the machine may link these two by itself; empty when nothing is.

    Bits alone do not decide: a household agrees in surname, address and telephone, twins also in birth date,
    the branches of a company in name, telephone and head. Each of these must not add up to a decision.
    """
    if a.weak or b.weak:
        return ("weak_record",)
    if a.kind == "organisation":
        return _organisation_holds(levels)
    return _person_holds(a, b, levels)


def _person_holds(a: Features, b: Features, levels: dict[str, str]) -> tuple[str, ...]:
    document, born = levels.get("document", ""), levels.get("born_on", "")
    family, given = levels.get("family_name", "different"), levels.get("given_name", "different")
    born_apart = born == "exact" and not (a.born_by_document and b.born_by_document)
    if document in _NUMBER_AGREES:
        return _holds_with_document(family, given, born if born_apart else "", levels)
    if family not in {"exact", "sound"} or given != "exact":
        return ("names_differ",)
    if document in _NUMBER_NEARLY:
        return () if born != "different" else ("birth_dates_differ",)
    contacts = _contacts(levels)
    if born == "exact":
        return () if contacts else ("namesake",)
    if born in {"", "year", "one_digit", "swapped"} and contacts > 1:
        return ()
    return ("namesake",)


def _holds_with_document(
    family: str, given: str, born: str, levels: dict[str, str]
) -> tuple[str, ...]:
    if given != "different" and levels.get("born_on") != "different":
        return ()
    if family != "different" and born == "exact":
        return ()
    return ("document_of_another",)


def _contacts(levels: dict[str, str]) -> int:
    agreed = (
        levels.get("phone") == "same",
        levels.get("email") == "same",
        levels.get("address") in _SAME_PLACE,
        levels.get("employer") == "same",
    )
    return sum(agreed)


def _organisation_holds(levels: dict[str, str]) -> tuple[str, ...]:
    name = levels.get("organisation_name", "different")
    if name in {"branch", "elsewhere"}:
        return ("another_body",)
    if levels.get("document", "") in _NUMBER_AGREES:
        return () if name != "different" else ("document_of_another",)
    contacts = _contacts(levels) + (levels.get("representative") == "exact")
    if name in {"exact", "core_and_region"} and contacts:
        return ()
    if levels.get("document") in _NUMBER_NEARLY and name in {"core", "sound"}:
        return ()
    if name == "core" and levels.get("address") in _SAME_PLACE and contacts > 1:
        return ()
    return ("another_body",)
