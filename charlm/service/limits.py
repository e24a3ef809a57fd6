"""What the service allows: sizes, numbers and times. Knows no HTTP and no model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The sizes count what one request may ask for, the times are seconds."""

    rows: int = 64  # texts that are drawn at once, of all requests together
    waiting: int = 256  # requests that wait for rows; a further one is refused
    symbols: int = 65_536  # of all texts of a request together: prompts x n x max_tokens
    looks: int = 16  # requests to /score, /surprise and /states that wait; one is answered at a time
    body: int = 64 * 1024  # bytes
    drawing: float = 60.0  # from a request to its last character
    sending: float = 10.0  # a client has for its head, for its body, and for reading on when it has stopped
    idle: float = 15.0  # a connection is kept open between two requests
    closing: float = 5.0  # texts that are being drawn are finished after a signal
    connections: int = 512
