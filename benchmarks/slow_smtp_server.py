"""Slow SMTP servers for `mail.py`."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

COMMANDS = 4  # MAIL, RCPT, DATA and the final dot of each mail


@dataclass(frozen=True)
class Slowness:
    """Delays in seconds.

    `connect`: until the greeting. `command`: work per command, one command after the other. `way`: network
    round trip.
    """

    connect: float
    command: float
    way: float
    pipelines: bool = True

    def least(self, mails: int, connections: int) -> float:
        """Return the least time in seconds for that many mails.

        Every connection is greeted, sends EHLO and then a share of the mails.
        """
        each = COMMANDS * self.command + (self.way if self.pipelines else COMMANDS * self.way)
        part = -(-mails // connections)
        return self.connect + self.way + self.command + self.way + part * each


KINDS = {
    "slow": Slowness(connect=0.02, command=0.05, way=0),
    "slow_without_pipelining": Slowness(connect=0.02, command=0.05, way=0, pipelines=False),
    "far": Slowness(connect=0, command=0, way=0.05),
    "far_without_pipelining": Slowness(connect=0, command=0, way=0.05, pipelines=False),
}


@contextmanager
def run_server(kind: Slowness) -> Iterator[tuple[int, dict[str, int]]]:
    """Run the server in a thread and yield (port, counts).

    `counts`: "now" and "most" simultaneous connections, and "mails" received.
    """
    seen = {"now": 0, "most": 0, "mails": 0}
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(lambda *line: serve_connection(kind, seen, *line), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def serve_connection(
    kind: Slowness, seen: dict[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    seen["now"] += 1
    seen["most"] = max(seen["most"], seen["now"])
    loop = asyncio.get_running_loop()

    def answer(text: str) -> None:
        loop.call_later(kind.way, writer.write, f"{text}\r\n".encode())

    try:
        await asyncio.sleep(kind.connect)
        answer("220 langsom.example ESMTP")
        while line := await reader.readline():
            await asyncio.sleep(kind.command)
            match line.split()[0].upper():
                case b"EHLO":
                    answer(
                        "250-langsom.example\r\n250-DSN"
                        + ("\r\n250 PIPELINING" if kind.pipelines else "\r\n250 8BITMIME")
                    )
                case b"DATA":
                    answer("354 Kom bare")
                    await reader.readuntil(b"\r\n.\r\n")
                    await asyncio.sleep(kind.command)
                    seen["mails"] += 1
                    answer(f"250 2.0.0 Ok: queued as {seen['mails']}")
                case b"QUIT":
                    answer("221 Farvel")
                    break
                case _:
                    answer("250 2.0.0 Ok")
        await asyncio.sleep(kind.way)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        seen["now"] -= 1
        writer.close()
