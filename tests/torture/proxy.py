"""A bad network between two processes: it delays, cuts at any byte, and goes silent without saying so."""

import asyncio
from dataclasses import dataclass, field
from random import Random

_SLOWEST_SECONDS = 0.02
_BYTES_UNTIL_TROUBLE = 30_000
_SILENT_SHARE = 0.1
_CHUNK_BYTES = 4_096


@dataclass(slots=True)
class Fate:
    """What becomes of one connection: after so many bytes, both ways together, it is cut or goes silent."""

    left: int
    is_silent: bool
    trouble: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Proxy:
    """Carries connections to the port `upstream`; once healed, faithfully."""

    upstream: int
    chance: Random
    is_healed: bool = False
    cut: int = 0
    silenced: int = 0
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def listen(self) -> int:
        """Begin to listen; on which port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def heal(self) -> None:
        """From now on the network is good; what was in trouble, or on its way there, is cut."""
        self.is_healed = True
        for connection in list(self._open):
            connection.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.transport.abort()
            self._open.discard(task)
            return
        try:
            await self._carry(reader, writer, far_reader, far_writer)
        except asyncio.CancelledError:  # healed
            pass
        finally:
            self._open.discard(task)
            for each in (writer, far_writer):
                each.transport.abort()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        fate = Fate(self._bytes_left(), self.chance.random() < _SILENT_SHARE)
        ways = [
            asyncio.create_task(self._pump(reader, far_writer, fate)),
            asyncio.create_task(self._pump(far_reader, writer, fate)),
        ]
        try:
            # One end closed, or cut on the way: the other end hears of it.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def _bytes_left(self) -> int:
        if self.is_healed:
            return 2**62
        return round(self.chance.expovariate(1 / _BYTES_UNTIL_TROUBLE))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate
    ) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            if fate.trouble.is_set():
                continue  # silent: what is said is swallowed
            if not self.is_healed:
                await asyncio.sleep(self.chance.random() * _SLOWEST_SECONDS)
            passed, fate.left = chunk[: max(0, fate.left)], fate.left - len(chunk)
            writer.write(passed)
            await writer.drain()
            if fate.left > 0:
                continue
            if not fate.is_silent:
                self.cut += 1
                return
            self.silenced += 1
            fate.trouble.set()
