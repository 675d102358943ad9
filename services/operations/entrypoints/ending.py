"""How a command ends that is interrupted, or that nobody reads any more: as other tools do, without a traceback."""

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

#: What a shell says of a tool that Ctrl-C ended.
INTERRUPTED = 128 + signal.SIGINT
#: And of one whose pipe was closed by its reader (`huiji verify-chain | head -1`): distinct from 1, which is an answer.
UNREAD = 128 + signal.SIGPIPE


@contextmanager
def ending_as_tools_do() -> Iterator[None]:
    """Around a whole command line: an interrupt ends with `INTERRUPTED`, output that nobody takes with `UNREAD`."""
    sys.stdout, sys.stderr = _watched(sys.stdout), _watched(sys.stderr)
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        _at_interrupt_just_end()
        sys.stdout.flush()


@contextmanager
def nothing_begun() -> Iterator[None]:
    """While code is imported: an interrupt ends the process there, for an import can swallow or wrap an exception."""
    before = signal.getsignal(signal.SIGINT)
    _at_interrupt_just_end()
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _leave:
            signal.signal(signal.SIGINT, before)


def _at_interrupt_just_end() -> None:
    """Unless interrupts are ignored (a job in the background) or somebody else's, as in a thread."""
    ours = threading.current_thread() is threading.main_thread()
    if ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


def _watched(stream: TextIO | None) -> TextIO:
    """The same stream; on a pipe, one that notices that its reader has gone."""
    # Whoever started this has closed it (`huiji verify-chain >&-`), and wants the status only.
    if stream is None:
        return open(os.devnull, "w")
    if stream.isatty():
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream is sys.stderr,
    )


class _Pipe(io.FileIO):
    """Ends the command when nobody reads it, or nothing more can be written (a full disk). Not by SIGPIPE itself:
    that would end it on a closed connection, too.
    """

    def write(self, data: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]
        try:
            return super().write(data)
        except OSError as error:
            # What is still buffered goes nowhere: the interpreter would complain of it at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            unread = isinstance(error, BrokenPipeError)
            raise SystemExit(UNREAD if unread else f"The output: {error.strerror}") from None
