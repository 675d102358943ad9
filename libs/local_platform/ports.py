"""Loopback TCP ports that nobody else gets between choosing and using."""

import socket

LOOPBACK = "127.0.0.1"


def choose_port(preferred: int = 0) -> int:
    """`preferred` when it is free on 127.0.0.1, else a free port of the kernel's choice.

    The port is left in TIME_WAIT by one short connection to itself: the kernel then hands it to nobody that asks for
    port 0, while a server, which sets SO_REUSEADDR, can still bind it. So two starts at once never choose the same.
    """
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


def accepts_connections(port: int) -> bool:
    """Whether something listens on 127.0.0.1:`port`."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False
