"""Sending callbacks from a separate process: only the wait for the answer is timed."""

from collections.abc import Sequence
from dataclasses import dataclass
import random
import socket
from time import perf_counter, sleep

_LARGEST = 65536
_PAUSE = 0.002
"""Seconds in which the home finishes what it puts off until after its answer."""

type Request = tuple[str, bytes]
"""A path, and the form that is posted there."""


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """The answer to a request."""

    sent: float
    """When the request was sent, in seconds by a clock that all processes share."""
    seconds: float
    """How long it took."""
    body: bytes


def post_in_turns(
    port: int, ahead: Sequence[Request], rounds: Sequence[Sequence[Request]]
) -> list[list[TimedAnswer]]:
    """Send the requests of each round in random order; return their answers.

    The requests in `ahead` wake up the connection and the home, and are not timed.
    """
    chance = random.Random(port)
    answers: list[list[TimedAnswer]] = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in ahead:
            _post(connection, *request)
        for requests in rounds:
            taken = {
                index: _post(connection, *requests[index])
                for index in chance.sample(range(len(requests)), len(requests))
            }
            answers.append([taken[index] for index in range(len(requests))])
    return answers


def _post(connection: socket.socket, path: str, form: bytes) -> TimedAnswer:
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n".encode()
        + form
    )
    sleep(_PAUSE)
    begin = perf_counter()
    connection.sendall(request)
    answer = connection.recv(_LARGEST)
    seconds = perf_counter() - begin
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(head.decode())
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += connection.recv(_LARGEST)
    return TimedAnswer(begin, seconds, body)
