"""No process outlives the launcher that began it, however that one ends: `kill -9` leaves it no time to end others."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, MutableMapping

# The launcher's process id and machine, in the environment of all that it starts; `srun` hands it on to other machines.
LAUNCHER = "EMOLLM_LAUNCHER"
PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def mark(environment: MutableMapping[str, str]) -> None:
    """Note in the environment of a program to be started that it ends with this process."""
    environment[LAUNCHER] = f"{os.getpid()}@{socket.gethostname()}"


def ending_with_us() -> Callable[[], None] | None:
    """For `subprocess.Popen(preexec_fn=...)`: the program is sent SIGTERM when this process ends. Linux only."""
    parent, libc = os.getpid(), _libc
    if libc is None:
        return None

    def before_the_program() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return before_the_program


def end_with_the_launcher() -> None:
    """In a rank that the launcher's program has started: end when that program does. Elsewhere nothing happens."""
    launcher, _, machine = os.environ.get(LAUNCHER, "").partition("@")
    if not _libc or not launcher or machine != socket.gethostname():
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        os.kill(int(launcher), 0)  # it may have ended before we asked to be told
    except ProcessLookupError:
        os._exit(1)
    except PermissionError:
        pass
