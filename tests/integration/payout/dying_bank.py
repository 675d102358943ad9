"""mock-bank with one place where it is killed: `python dying_bank.py STEP <mock-bank's own options>`.

It sends itself SIGKILL while it takes a file: before its books know the file, when they know the payments but no
status report is written, or when everything is booked and only the answer is missing.
"""

import os
import signal
import sys
from importlib import import_module
from typing import Any

accounts, outbox, state = (import_module(f"mockbank.{name}") for name in ("accounts", "outbox", "state"))


def _die(*_arguments: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(module: Any, name: str) -> None:
    work = getattr(module, name)

    def work_and_die(*arguments: Any, **options: Any) -> None:
        work(*arguments, **options)
        _die()

    setattr(module, name, work_and_die)


STEPS = {
    "before_recording": lambda: setattr(accounts, "book", _die),
    "after_recording": lambda: setattr(outbox, "queue_status", _die),
    "after_booking": lambda: _after(state.State, "release"),
}

if __name__ == "__main__":
    STEPS[sys.argv[1]]()
    sys.exit(import_module("mockbank.__main__").main(sys.argv[2:]))
