"""One request to a child in the sandbox and its response, with a limit on everything that the child decides."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable, Iterator

PRINTED = 64 * 2**10  # bytes kept of what comes out of the child's standard output
CALL = 2**63  # added to the length of what is no response, but a question


class Late(Exception):
    """The time is over and the child has not ended its response."""


def exchange(
    connection: socket.socket, output: int, request: bytes, largest: int, until: float,
    answer: Callable[[bytes], bytes] | None = None, largest_call: int = 0,
) -> tuple[bytes, str]:
    """Send `request` and return the response with what was printed; b"" for a response that ends early or is too long.

    A response is 8 bytes of its length, little-endian, and that many bytes more; what follows is never read, nor is
    anything of one that claims more than `largest`. Before it there may be calls, where somebody is here to `answer` them:
    the same with CALL added to the length, of `largest_call` bytes at most, and so are the replies, without CALL. Of what is
    printed the beginning is kept and the rest let go.
    Raises Late at the time `until`, by time.monotonic.
    """
    connection.setblocking(False)
    os.set_blocking(output, False)
    waiting, data, printed = memoryview(request), bytearray(), bytearray()
    wanted, called = 8, False
    poll = select.poll()
    poll.register(output, select.POLLIN)
    while len(data) < wanted:
        left = until - time.monotonic()
        if left <= 0:
            raise Late
        poll.register(connection, select.POLLIN | (select.POLLOUT if waiting else 0))
        ready = dict(poll.poll(left * 1000))
        if output in ready and not _drain(output, printed):
            poll.unregister(output)
        events = ready.get(connection.fileno(), 0)
        if events & select.POLLOUT:
            try:
                waiting = waiting[connection.send(waiting[: 2**20]):]
            except OSError:  # the child is gone; what it wrote before may still be read
                waiting = waiting[:0]
        if events & ~select.POLLOUT:
            try:
                piece = connection.recv(min(wanted - len(data), 2**20))
            except OSError:
                piece = b""
            if not piece:
                break
            data += piece
        if len(data) == wanted == 8:
            length = int.from_bytes(data, "little")
            called = answer is not None and length >= CALL
            wanted += length - CALL if called else length
            if not 8 < wanted <= (largest_call if called else largest):
                break
        elif len(data) == wanted and called:
            reply = answer(bytes(data[8:]))
            waiting = memoryview(bytes(waiting) + len(reply).to_bytes(8, "little") + reply)
            data, wanted, called = bytearray(), 8, False
    _drain(output, printed)
    whole = len(data) == wanted
    return bytes(data[8:]) if whole else b"", printed.decode("utf-8", "replace")


def responses(connection: socket.socket, output: int, request: bytes, most: int, largest: int, until: float) -> Iterator[bytes]:
    """Up to `most` responses to one request as they come, `largest` bytes of them in all; none after the first that ends early or
    claims too much. Raises Late as `exchange` does."""
    for _ in range(most):
        data, _ = exchange(connection, output, request, largest, until)
        if not data:
            return
        yield data
        request, largest = b"", largest - len(data)


def _drain(output: int, printed: bytearray) -> bool:
    """Take what is there; False at its end."""
    try:
        piece = os.read(output, PRINTED)
    except BlockingIOError:
        return True
    printed += piece[: PRINTED - len(printed)]
    return bool(piece)
