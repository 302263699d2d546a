"""A customer as everybody may see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MaskedCustomer:
    """A customer as everybody may see it; `golden` is JSON, already masked."""

    customer_no: str
    kind: str
    status: str
    version: int
    mask_version: int
    golden: str

    @property
    def etag(self) -> str:
        """The strong entity tag of this state under this mask."""
        return f'"v{self.version}.m{self.mask_version}"'
