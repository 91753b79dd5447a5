"""An HTTP server in a process of its own that accepts every `mail/send` and keeps nothing.

The referee of the fault tests reads and checks every request, and so is slower than what is to be
measured; this one only counts bytes.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWER = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: sink\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def sink(*, delay: float = 0.0) -> Iterator[str]:
    """Its address, as long as the block lasts. delay: seconds before each answer."""
    running = subprocess.Popen(
        [sys.executable, "-m", "bench._sink", str(delay)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    try:
        yield running.stdout.readline().strip()
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            while length:
                length -= len(await reader.read(min(length, 1_048_576)))
            if delay:
                await asyncio.sleep(delay)
            writer.write(_ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _serve(delay: float) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: _talk(reader, writer, delay), "127.0.0.1", 0, limit=1_048_576
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
