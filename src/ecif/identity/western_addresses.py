"""Addresses in Latin script: abbreviations written out, numbers and postcodes apart."""

import re
from dataclasses import dataclass

from ecif.identity.scripts import latin_fold, word_list

_WORDS = dict(
    pair.split("=")
    for pair in word_list(
        "st=street str=street rd=road ave=avenue av=avenue avn=avenue dr=drive drv=drive ln=lane "
        "ct=court crt=court pl=place plc=place cres=crescent cr=crescent cresent=crescent "
        "blvd=boulevard bvd=boulevard hwy=highway pde=parade tce=terrace ter=terrace "
        "terr=terrace sq=square pkwy=parkway pky=parkway cl=close gr=grove gdns=gardens "
        "gdn=garden cct=circuit cir=circle trl=trail apt=apartment ste=suite fl=floor flr=floor "
        "bldg=building rm=room hse=house mt=mount hts=heights vlge=village vlg=village "
        "vill=village ctr=centre center=centre cntr=centre lwr=lower upr=upper esp=esplanade "
        "pt=point n=north s=south e=east w=west ne=northeast nw=northwest se=southeast "
        "sw=southwest no=number retmnt=retirement retrmnt=retirement retirmnt=retirement"
    )
)
_BOX = re.compile(r"\b(?:p\.? ?o\.? ?box|post(?: office)? box|postfach|gpo box|locked bag)\b\.?")
_TAIL_CODE = re.compile(
    r"(?:\b[a-z]{2} )?\b(\d{5})(?:-\d{4})?$|\b([a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2})$"
)
_TOKEN = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+[a-z]?")
_ORDINAL = re.compile(r"0*(\d+)(?:st|nd|rd|th)")


@dataclass(frozen=True, slots=True)
class WesternAddress:
    """The parts of an address in Latin script, lower case."""

    region: str
    city: str
    district: str
    street: str
    numbers: tuple[str, ...]
    normal: str
    postcode: str
    estate: str


def western_address_of(
    lines: tuple[str, ...], places: tuple[str, str, str], postcode: str
) -> WesternAddress:
    """Take an address in Latin script apart.

    Args:
        lines: House number, line, second line.
        places: District, city, region.
        postcode: As written; when "" it is looked for at the end of the line.
    """
    number, line, second = (latin_fold(text) for text in lines)
    district, city, region = (" ".join(_words(latin_fold(place))) for place in places)
    line, code = (line, latin_fold(postcode)) if postcode else _code_apart(line)
    words = _words(line)
    numbers = [*_NUMBER.findall(number), *(word for word in words if _NUMBER.fullmatch(word))]
    street = " ".join(word for word in words if not _NUMBER.fullmatch(word))
    extra = _words(second)
    numbers += [word for word in extra if _NUMBER.fullmatch(word)]
    estate = " ".join(word for word in extra if not _NUMBER.fullmatch(word))
    normal = " ".join(filter(None, (*numbers, street, estate, district, city)))
    plain_code = "".join(_TOKEN.findall(code)).upper()
    return WesternAddress(
        region, city, district, street, tuple(numbers), normal, plain_code, estate
    )


def _code_apart(line: str) -> tuple[str, str]:
    """The line without the postcode at its end, and that code; a line that is all number keeps it."""
    found = _TAIL_CODE.search(line)
    if found is None or found.start() < 6:
        return line, ""
    return line[: found.start()].rstrip(" ,"), found[1] or found[2]


def _words(text: str) -> list[str]:
    words = _TOKEN.findall(_BOX.sub("pobox ", text).replace("'", ""))
    return [_full_word(word, place, words) for place, word in enumerate(words)]


def _full_word(word: str, place: int, words: list[str]) -> str:
    """The word written out: `st` is a saint where a name follows and none went before."""
    if word == "st":
        before = any(
            not _NUMBER.fullmatch(earlier) and len(earlier) > 1 for earlier in words[:place]
        )
        return "street" if before or place == len(words) - 1 else "saint"
    if word.endswith("str") and len(word) > 4:
        return word + "asse"
    ordinal = _ORDINAL.fullmatch(word)
    return f"{ordinal[1]}th" if ordinal else _WORDS.get(word, word)
