"""Numbers that another country issues: which check digits they carry."""

from functools import lru_cache

from stdnum.eu import vat as eu_vat
from stdnum.util import get_cc_module

_NATIONAL = (
    "AR:dni AU:tfn BE:nn BG:egn BR:cpf CH:ssn CL:rut CZ:rc DK:cpr EE:ik ES:dni,nie FI:hetu FR:nir "
    "GR:amka HR:oib ID:nik IL:idnr IN:aadhaar IS:kennitala IT:codicefiscale KR:rrn LT:asmens "
    "LV:pvn MY:nric NL:bsn NO:fodselsnummer PK:cnic PL:pesel PT:cc RO:cnp SE:personnummer SI:emso "
    "SK:rc TH:pin TR:tckimlik US:ssn ZA:idnr"
)
_TAX = (
    "AU:tfn,abn BE:vat,nn BR:cpf,cnpj CA:sin,bn DE:idnr,stnr,vat ES:nif FR:nif,siren,siret,tva "
    "GB:utr,vat IE:pps,vat IN:pan,gstin IT:codicefiscale,iva JP:cn KR:brn,rrn MX:rfc NL:bsn,btw "
    "PL:nip,pesel RU:inn SG:uen TH:tin TR:vkn,tckimlik TW:ubn US:tin ZA:tin"
)


def _catalogue(text: str) -> dict[str, tuple[str, ...]]:
    pairs = (entry.split(":") for entry in text.split())
    return {country: tuple(names.split(",")) for country, names in pairs}


_MODULES: dict[str, dict[str, tuple[str, ...]]] = {
    "national_id": _catalogue(_NATIONAL),
    "tax_id": _catalogue(_TAX),
    "ssn": {"US": ("ssn",)},
}


@lru_cache(maxsize=4_096)
def passes_check(kind: str, number: str, issuer: str) -> bool | None:
    """Whether a number is one that its country may have issued.

    Args:
        kind: `national_id`, `tax_id`, `ssn` or `vat`.
        number: Normalised.
        issuer: ISO 3166-1 alpha-2, capitals; "" when not told.

    Returns:
        `None` when nothing is known about numbers of this kind and issuer.
    """
    if kind == "vat":
        return _is_vat(number, issuer)
    names = _MODULES.get(kind, {}).get(issuer, ())
    modules = [module for name in names if (module := get_cc_module(issuer, name)) is not None]
    return any(module.is_valid(number) for module in modules) if modules else None


def _is_vat(number: str, issuer: str) -> bool | None:
    if eu_vat.is_valid(number) or eu_vat.is_valid(issuer + number):
        return True
    module = get_cc_module(issuer, "vat") if issuer else None
    if module is not None:
        return bool(module.is_valid(number.removeprefix(issuer)))
    return False if number[:2].lower() in eu_vat.MEMBER_STATES else None
