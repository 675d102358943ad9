"""Loopback TCP ports that nobody else gets between choosing and using."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

LOOPBACK = "127.0.0.1"

_preferred: dict[int, int] = {}
"""Descriptors of the locks of the preferred ports that this process chose; the kernel takes them back at its end."""


def choose_port(preferred: int = 0) -> int:
    """`preferred` when it is free on 127.0.0.1 and no other live process chose it, else a port of the kernel's choice.

    The port is left in TIME_WAIT by one short connection to itself: the kernel then hands it to nobody that asks for
    port 0, while a server, which sets SO_REUSEADDR, can still bind it. So two starts at once never choose the same.
    """
    if preferred and not _reserved(preferred):
        return choose_port()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, preferred))
        except OSError:
            if preferred == 0:
                raise
            return choose_port()
        listener.listen(1)
        port: int = listener.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)) as client:
            accepted, _ = listener.accept()
            # The side that closes first keeps TIME_WAIT; it must be the one that holds the port.
            accepted.close()
            client.recv(1)
    return port


def _reserved(port: int) -> bool:
    """Whether this process has the port's lock now. TIME_WAIT keeps only those away who ask for any port."""
    if port in _preferred:
        return True
    path = Path(tempfile.gettempdir()) / f"huiji-{os.getuid()}-port-{port}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _preferred[port] = lock
    return True


def accepts_connections(port: int) -> bool:
    """Whether something listens on 127.0.0.1:`port`."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
