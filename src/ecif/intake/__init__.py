"""Someone came in: who is it?

Owns recognition, the story of one record or of many, and imports.
"""

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
from ecif.intake.registration import Registration, register, register_many

__all__ = [
    "Hit",
    "Prepared",
    "Recognition",
    "Registration",
    "look_up_by_document",
    "look_up_by_phone",
    "prepare",
    "recognise",
    "register",
    "register_many",
    "search",
    "withdraw",
]
