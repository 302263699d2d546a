"""Reads: the product and the bare handler by turns, on the same core and the same database."""

from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

from bench.load import NoLoad, read_load
from bench.pinned import Meter
from bench.stand import OTHER_CORE, SERVER_CORE, Figures, Rounds, Stand, figures, round_of
from bench.undisturbed import undisturbed

_DATABASE: Final = "ecif_reads"


def measure_reads(stand: Stand) -> Rounds:
    """Read customers at random, as fast as each server answers.

    Raises:
        NoLoad: The two do not answer the same bytes, or not every request.
    """
    stand.tell("reading customers")
    stand.ground.pin([OTHER_CORE])
    stand.ground.copy(_DATABASE)
    numbers = stand.ground.home / "numbers.txt"
    numbers.write_text("\n".join(stand.ground.some_numbers(20_000)) + "\n")
    with stand.product(_DATABASE) as product, stand.bare(_DATABASE) as bare:
        _check_same_bytes(stand, (product[0], bare[0]), numbers.read_text().split()[:50])
        for server in (product, bare):
            _read(stand, server, numbers, stand.extent.warm_seconds)

        def both() -> Figures:
            seconds = stand.extent.read_seconds
            return round_of(*(_read(stand, one, numbers, seconds) for one in (product, bare)))

        return [undisturbed(both) for _ in range(stand.extent.rounds)]


def _read(stand: Stand, server: tuple[int, int], numbers: Path, seconds: float) -> Figures:
    port, pid = server
    meter = Meter(pid, SERVER_CORE)
    return figures(read_load(stand.target(port), numbers, seconds=seconds), meter)


def _check_same_bytes(stand: Stand, ports: tuple[int, int], numbers: list[str]) -> None:
    for number in numbers:
        bodies = set()
        for port in ports:
            address = f"http://127.0.0.1:{port}/v1/customers/{number}"
            request = Request(address, headers={"Authorization": f"Bearer {stand.token}"})
            with urlopen(request, timeout=5) as answer:
                bodies.add(answer.read())
        if len(bodies) != 1:
            raise NoLoad("the product and the bare handler do not answer the same bytes")
