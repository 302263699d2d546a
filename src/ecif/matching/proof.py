"""What a decision without a person needs: evidence that a family, a switchboard or a namesake cannot share."""

from ecif.matching.forms import Features

NUMBER_AGREES = frozenset({"same", "same_unproven"})
NUMBER_NEARLY = frozenset({"one_off", "one_off_unproven", "masked"})
NAME_AGREES = frozenset({"exact", "sound", "swapped", "dropped", "short", "close"})
BIRTH_DIFFERS = frozenset({"different", "two_parts", "weeks"})
BODY_NAME_AGREES = frozenset({"exact", "core_and_region"})
BODY_NAME_NEARLY = BODY_NAME_AGREES | {"core", "sound", "close"}
PERSONAL = ("phone", "email", "employer")
SAME_PLACE = frozenset({"same", "building"})
CONTACTS_OF_TWINS = 1
"""A twin whose given name is part of the other's may share so many contacts of one's own: the telephone."""
CONTACTS_OF_NAMESAKES = 0
"""Two of one name who are no relatives share none."""
CONTACTS_OF_FATHER_AND_SON = 2
"""A son who bears his father's name may use his telephone behind his door."""


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
    if document in NUMBER_AGREES:
        return _holds_with_document(levels)
    personal, shared = _contacts(levels)
    if born == "exact" and levels.get("given_name") == "dropped" and personal > CONTACTS_OF_TWINS:
        return ()
    if not _same_name(a, b, levels):
        return ("names_differ",)
    if born in BIRTH_DIFFERS or levels.get("sex") == "different":
        return ("birth_or_sex_differs",)
    if document in NUMBER_NEARLY:
        return ()
    if document == "different":
        return ("documents_differ",)
    no_kin = born == "exact" or _is_told_apart_by_name(a, b)
    common = CONTACTS_OF_NAMESAKES if no_kin else CONTACTS_OF_FATHER_AND_SON
    return () if personal + shared > common else ("namesake",)


def _holds_with_document(levels: dict[str, str]) -> tuple[str, ...]:
    """One number on two records: a relative's number is keyed in now and then, a twin's too."""
    given, born = levels.get("given_name", "different"), levels.get("born_on", "")
    if given == "exact" or (given in NAME_AGREES and born not in BIRTH_DIFFERS):
        return ()
    personal, _ = _contacts(levels)
    if (
        personal
        and levels.get("sex") != "different"
        and (born == "exact" or (given != "different" and born not in BIRTH_DIFFERS))
    ):
        return ()
    return ("document_of_another",)


def _same_name(a: Features, b: Features, levels: dict[str, str]) -> bool:
    """Whether the whole name agrees, letter by letter or between hanzi and their reading."""
    family, given = levels.get("family_name", ""), levels.get("given_name", "")
    if given == "exact":
        return family in {"exact", "sound"} or (not family and _is_whole(a) and _is_whole(b))
    # Where both are written in hanzi, equal sound is a homophone: twins and sisters bear such names.
    across = not (_has_hanzi(a) and _has_hanzi(b))
    return across and given == "sound" and family in {"exact", "sound"}


def _has_hanzi(features: Features) -> bool:
    return any(form.is_han for form in features.persons)


def _is_whole(features: Features) -> bool:
    """Whether its name has one part only, such as a transliterated one."""
    return all(form.is_han and not form.family for form in features.persons)


def _is_told_apart_by_name(a: Features, b: Features) -> bool:
    """Whether relatives never bear one name, as in Chinese families."""
    return all(form.is_han for form in a.persons[:1] + b.persons[:1])


def _contacts(levels: dict[str, str]) -> tuple[int, int]:
    """How many agreeing contacts are a person's own, and how many a household shares."""
    personal = sum(levels.get(about) == "same" for about in PERSONAL)
    return personal, int(levels.get("address") in SAME_PLACE)


def _organisation_holds(levels: dict[str, str]) -> tuple[str, ...]:
    name, document, place = (
        levels.get(about, "") for about in ("organisation_name", "document", "address")
    )
    contacts = sum(_contacts(levels)) + (levels.get("representative") == "exact")
    if document in NUMBER_AGREES:
        return (
            ("another_body",) if name == "branch" or (name == "different" and not contacts) else ()
        )
    if document == "different":
        return ("documents_differ",)
    if document in NUMBER_NEARLY and name in BODY_NAME_NEARLY:
        return ()
    against = (bool(place) and place not in SAME_PLACE) + (levels.get("phone") == "different")
    if name in BODY_NAME_AGREES and contacts > against:
        return ()
    if name == "core" and place in SAME_PLACE and contacts > 1:
        return ()
    return ("another_body",)
