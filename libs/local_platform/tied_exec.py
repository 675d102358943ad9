"""Runs a program whose life is tied to the process that started it.

Called as `python -I -S tied_exec.py PARENT_PID SIGNAL UID GID PROGRAM [ARGUMENT ...]`; standard library only.
A separate program rather than `preexec_fn`, because Python code between fork and exec may deadlock when the parent
has threads. It also gives up root itself, after the interpreter was read, which may lie where only root can go.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, signal_number, uid, gid = (int(argument) for argument in sys.argv[1:5])
    program = sys.argv[5:]
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user: the kernel clears the setting when credentials change (prctl(2)).
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit("the starting process ended before its child began")
    try:
        os.execvp(program[0], program)
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
