"""One document number, and what was found wrong with it."""

from dataclasses import dataclass

DIGIT_LOOKALIKES = str.maketrans("OIL", "011")
"""What is typed for a digit where only a digit can stand."""


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """One document number, normalised and judged.

    `kind` is the kind that the number itself shows, where it shows one (an 81… resident id is a
    residence permit). `normal` has capitals and digits only, `*` for each masked character. `line`
    is equal for numbers that succeed each other (15 and 18 digits, organisation code and unified
    code, renewals of one permit): compare it, not `normal`. `valid` means form, date and check
    digit; expiry plays no part. `flag` is the reason when not valid: `bad-form`, `bad-region`,
    `bad-date`, `bad-check-digit`, `masked` or `placeholder`. `region` is the code that the number
    carries, as information only.
    """

    kind: str
    normal: str
    line: str
    valid: bool
    flag: str | None = None
    region: str | None = None
    birth_date: str | None = None
    sex: str | None = None


def flawed(
    kind: str, normal: str, flag: str, *, line: str | None = None, region: str | None = None
) -> DocumentNumber:
    """A number that cannot be right, and why."""
    return DocumentNumber(kind, normal, line or normal, valid=False, flag=flag, region=region)
