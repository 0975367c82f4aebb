"""Strangers' code, kept in: one process per submission, and what it may do.

Floor 5. Whom we do not trust: the author of a submission, who knows this code, and wants points
without work, the hidden tests, the teacher's files, or to spoil the run for others.

- *Right answers only.* The student's process gets inputs and sends back plain values. They are
  compared here, in a process that never runs a line of the student's and parses nothing but JSON.
  A submission may patch whatever it finds in its own process, NumPy, `assert` or the worker itself,
  and still has to send the right numbers for inputs drawn after it was written. Only cells of the
  student's are taken from the submission; tests and set-up cells come from the teacher's notebook.
- *Nothing to read.* In the sandbox are Python, NumPy and minitorch, read-only, and an empty folder
  of limited size. Expected values never get there. What a hidden test does with the student's code
  must, so hidden tests run in a second process, of which only passed or failed is kept.
- *Nothing to break.* bubblewrap gives it a file system, process table and network of its own; what
  it leaves running dies with it. Time, memory, processes, files and the size of answers are
  limited. A process that fails is replaced, and takes only its exercise with it.

What this does not stop: code that computes right answers because somebody else wrote it, such as
the library's own class fetched by a back door (`forbidden` names stop the front door); and faults
of the kernel. With `--no-sandbox` there are the limits alone: the submission can read and write
what the teacher can.
"""

import contextlib
import json
import os
import platform
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy

MEBI = 2**20
ANSWER = 1 * MEBI  # bytes of one reply
FOLDER = 32 * MEBI  # bytes of the student's folder
NOBODY = 65534
STARTING = 60  # seconds until a process must be ready, whatever else the machine does
LIMITS = {
    "RLIMIT_AS": 1024 * MEBI,
    "RLIMIT_CPU": 120,
    "RLIMIT_CORE": 0,
    "RLIMIT_FSIZE": 8 * MEBI,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_NPROC": 1,  # no further process or thread: each would have the memory above
}
ENVIRONMENT = {
    "HOME": "/work",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
}
PACKAGE = Path(__file__).parents[1]


class Stopped(Exception):
    """The student's process could not answer; the text says why."""


# ---- where it runs -----------------------------------------------------------------------------


class Sandbox:
    """Starts students' processes, under bubblewrap or, with `bare=True`, with limits alone.

    RuntimeError where bubblewrap is missing or may not do its work.
    """

    def __init__(self, bare=False):
        self.bare = bare
        fault = None if bare else self.fault()
        if fault:
            raise RuntimeError(fault)

    def start(self):
        """A new process that is ready for requests."""
        if self.bare:
            session = Session(_python(sys.executable, [*sys.path, str(PACKAGE.parent)]))
        else:
            with tempfile.TemporaryFile() as file:
                file.write(_filter())
                file.seek(0)
                session = Session(_bubblewrap(file.fileno()), [file.fileno()])
        try:
            session.ask({"run": ""}, STARTING)
        except Stopped as stop:
            raise RuntimeError(session.last_words or str(stop)) from None
        return session

    def fault(self):
        """None if a process can be started, else one line with the reason."""
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed (Debian and Ubuntu: apt install bubblewrap)"
        try:
            self.start().close()
        except RuntimeError as error:
            return f"bubblewrap is installed, but does not work here: {error}"
        return None


def _python(executable, path, user=None):
    """The command that runs the worker, in a Python that looks nowhere else for modules."""
    start = f"import sys; sys.path[:] += {[p for p in path if p not in ('', '.')]!r}; "
    start += f"from minitorch.classroom.worker import main; main({LIMITS!r}, {user!r})"
    start += f"  # for {os.getpid()}"  # so that what is left running can be told from others
    return [executable, "-I", "-S", "-c", start]


def _bubblewrap(filter_file):
    """The command that runs the worker in a sandbox."""
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    libraries = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"]
    numpy_home = Path(numpy.__file__).parent
    numpy_libraries = numpy_home.with_name("numpy.libs")
    command = [
        shutil.which("bwrap"),
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
    ]
    command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    for folder in [*reversed(Path(sys.base_prefix).parents)][1:] + [Path("/usr"), Path("/site")]:
        # Made by bubblewrap on the way to what is bound below, they would be closed to `nobody`.
        command += ["--perms", "0755", "--dir", str(folder)]
    for path in [*libraries, sys.base_prefix]:
        command += ["--ro-bind-try", path, path]
    for path in (PACKAGE, numpy_home, numpy_libraries):
        command += ["--ro-bind-try", str(path), f"/site/{path.name}"]
    command += ["--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--perms", "1777", "--size", str(FOLDER), "--tmpfs", "/work", "--chdir", "/work"]
    command += ["--remount-ro", "/", "--seccomp", str(filter_file)]
    if os.geteuid() == 0:
        # Root is exempt from the limit on processes: the worker goes on as nobody.
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        return command + _python(str(python), ["/site"], NOBODY)
    return command + ["--unshare-user"] + _python(str(python), ["/site"])


# System calls that a student's code has no use for, with their numbers on the architectures below:
# memory that stays after its mapping and that no limit counts, debugging, further namespaces, and
# parts of the kernel known for their faults.
CALLS = {
    "shmget": (29, 194),
    "ptrace": (101, 117),
    "unshare": (272, 97),
    "bpf": (321, 280),
    "keyctl": (250, 219),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "perf_event_open": (298, 241),
}
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def _filter():
    """A seccomp program that refuses CALLS with EPERM; where we do not know their numbers, none."""
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    program, machine = [], platform.machine()
    if machine in ARCHITECTURES:
        program += [(load, 0, 0, 4), (equal, 1, 0, ARCHITECTURES[machine]), (give, 0, 0, kill)]
        # From here on the number of the call. The large ones are a second set of names for it.
        program += [(load, 0, 0, 0), (at_least, 0, 1, 0x40000000), (give, 0, 0, refuse)]
        place = list(ARCHITECTURES).index(machine)
        for numbers in CALLS.values():
            program += [(equal, 0, 1, numbers[place]), (give, 0, 0, refuse)]
    program.append((give, 0, 0, allow))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


# ---- talking to it -----------------------------------------------------------------------------


class Session:
    """One process of a student's, and the conversation with it."""

    def __init__(self, command, files=()):
        self._folder = tempfile.TemporaryDirectory()  # where it is when there is no sandbox
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._folder.name,
            env=ENVIRONMENT | {"HOME": self._folder.name},
            start_new_session=True,
            pass_fds=files,
            bufsize=0,
        )
        os.set_blocking(self._process.stdin.fileno(), False)

    def ask(self, request, seconds):
        """The reply to one request; after Stopped the process is gone."""
        ends = time.monotonic() + seconds
        try:
            self._send(json.dumps(request).encode() + b"\n", ends)
            reply = json.loads(self._receive(ends))
            if not isinstance(reply, dict) or not reply.keys() <= {"value", "error"}:
                raise ValueError("no reply")
            return reply
        except TimeoutError as error:
            self.close()
            raise Stopped(str(error)) from None
        except (OSError, EOFError):
            self.close()
            raise Stopped("the process ended before it answered") from None
        except (ValueError, RecursionError):
            self.close()
            raise Stopped("the process sent something that is no answer") from None
        except Stopped:
            self.close()
            raise

    def close(self):
        """Ends the process and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # The last line on its standard error, where only what starts the worker can write.
        self._errors.seek(0)
        words = self._errors.read(10_000).decode(errors="replace").strip()
        self.last_words = words.splitlines()[-1] if words else ""
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            stream.close()
        self._folder.cleanup()

    def _send(self, data, ends):
        while data:
            self._wait(self._process.stdin, select.POLLOUT, ends)
            data = data[os.write(self._process.stdin.fileno(), data[: select.PIPE_BUF]) :]

    def _receive(self, ends):
        line = bytearray()
        while not line.endswith(b"\n"):
            self._wait(self._process.stdout, select.POLLIN, ends)
            part = os.read(self._process.stdout.fileno(), 65536)
            if not part:
                raise EOFError
            line += part
            if len(line) > ANSWER:
                raise Stopped(f"the answer is longer than {ANSWER // MEBI} MiB")
        return bytes(line)

    def _wait(self, stream, event, ends):
        poll = select.poll()
        poll.register(stream, event)
        if not poll.poll(max(0, ends - time.monotonic()) * 1000):
            raise TimeoutError("the time for this exercise was over")
