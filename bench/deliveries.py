"""Deliveries: signed webhooks to a local receiver from one worker on one core, and how soon after the commit."""

from functools import partial

from bench.stand import OTHER_CORE, SERVER_CORE, Figures, Rounds, Stand
from bench.undisturbed import undisturbed

RATE = 300
"""Events per second of the second measure. Source: design of the trust goals, OUT-5."""


def measure_deliveries(stand: Stand) -> Rounds:
    """Events that wait, delivered as fast as one worker can; PostgreSQL and the receiver are on the other core."""
    stand.tell("delivering webhooks")
    waiting = partial(_waiting, stand)
    return [undisturbed(waiting) for _ in range(stand.extent.long_rounds)]


def _waiting(stand: Stand) -> Figures:
    before = stand.ground.cpu_seconds()
    told = _delivering(stand, "waiting", stand.extent.delivered)
    used = stand.ground.cpu_seconds() - before
    told["database_cpu_ms"] = used / stand.extent.delivered * 1_000
    return {**told, "ratio": told["per_second"] / told["floor_per_second"]}


def measure_latency(stand: Stand) -> Rounds:
    """Events as they happen: milliseconds from the commit to the arrival of the webhook."""
    stand.tell(f"delivering webhooks at {RATE} events a second")
    live = partial(_delivering, stand, "live", int(RATE * stand.extent.loop_seconds))
    return [undisturbed(live) for _ in range(stand.extent.long_rounds)]


def _delivering(stand: Stand, mode: str, events: int) -> dict[str, float]:
    url = stand.ground.copy("ecif_deliveries")
    stand.ground.pin([OTHER_CORE])
    words = ["--url", url, "--home", str(stand.ground.home), "--events", str(events)]
    words += ["--rate", str(RATE), "--other-core", str(OTHER_CORE), "--mode", mode]
    return stand.beside("bench.delivering", words, SERVER_CORE)
