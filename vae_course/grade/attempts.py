"""Attempts to get out of the sandbox, as a submission would make them: `escapes` sends this file in as an answer.

Each function tries one thing and returns what it got through, in words; nothing when the sandbox holds. `told` is
what the judge says of the world outside: paths, ports, names. Nothing here is ever run anywhere else.
"""

import ctypes
import errno
import fcntl
import gc
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

CONNECTION = 3  # the descriptor of the child's own connection to the judge
libc = ctypes.CDLL(None, use_errno=True)


def _works(what, *tries):
    """[what], if one of these calls raises nothing."""
    for call in tries:
        try:
            call()
        except Exception:
            continue
        return [what]
    return []


def _frame(data):
    return len(data).to_bytes(8, "little") + data


def _send(data):
    while data:
        data = data[os.write(CONNECTION, data):]


# --- reading ---


def read_answers(told):
    wanted = {"misconceptions.py", "alternatives.py", "hidden_cases.py", "seed.key", *told["sealed"]}
    found = [path for path in told["private"] if os.path.exists(path)]
    for folder, _, files in os.walk("/"):
        found += [f"{folder}/{file}" for file in files if file in wanted]
        found += [f"{folder}/{file}" for file in files if folder.endswith("/checks/drills")]
        if folder.endswith("/models/toolbox"):
            found += [f"{folder}/{file}" for file in files if file.startswith("stage_") and file >= told["toolbox"]]
    return found


def read_system(told):
    paths = ("/etc/shadow", "/etc/passwd", "/etc/hostname", "/var", "/run", "/boot", "/usr/bin", told["home_file"])
    return [path for path in paths if os.path.lexists(path)]


def read_environment(told):
    libc.getenv.restype = ctypes.c_char_p
    inside = os.environ.get(told["variable"]) or libc.getenv(told["variable"].encode())
    return ["a variable of the judge"] if inside else []


def read_processes(told):
    found = [path for path in Path("/proc").glob("*") if path.name.isdigit() or path.name in ("self", "net", "kcore")]
    here, there = (ctypes.create_string_buffer(8) for _ in range(2))
    local, remote = ((ctypes.c_size_t * 2)(ctypes.addressof(b), 8) for b in (here, there))
    if libc.process_vm_readv(1, local, 1, remote, 1, 0) > 0:
        found.append("memory of process 1")
    if libc.ptrace(16, 1, 0, 0) == 0:
        found.append("process 1, by ptrace")
    if libc.prctl(3, 0, 0, 0, 0) != 0:  # PR_GET_DUMPABLE
        found.append("processes of this account, open to each other")
    return [str(path) for path in found]


# --- writing ---


def write_files(told):
    found = []
    places = ["/", "/tmp", "/dev", "/dev/shm", "/var/tmp", "/proc", "/usr/lib", os.getcwd(), sys.prefix, *sys.path]
    ours = Path(__import__("vae_course").__file__).parent
    places += [str(ours / name) for name in ("", "..", "models/toolbox", "checks/sealed")]
    for place in places:
        path = os.path.join(place, "left_behind")
        for what, call in (
            ("a file", lambda: open(path, "w")), ("a folder", lambda: os.mkdir(path)),
            ("a link", lambda: os.symlink("/", path)), ("a pipe", lambda: os.mkfifo(path)),
            ("other rights", lambda: os.chmod(place, 0o777)),
        ):
            found += _works(f"{what} in {place}", call)
    for module in [*sys.modules.values()][:200]:
        if getattr(module, "__file__", None):
            found += _works(module.__file__, lambda: open(module.__file__, "r+b"), lambda: os.unlink(module.__file__))
    return found


def write_memory_files(told):
    from multiprocessing import shared_memory

    found = _works("a memory file", lambda: os.memfd_create("left_behind"))
    found += _works("shared memory", lambda: shared_memory.SharedMemory("left_behind", create=True, size=4096))
    if libc.shmget(4242, 4096, 0o1666) >= 0:
        found.append("a System V segment")
    if libc.msgget(4242, 0o1666) >= 0:
        found.append("a System V queue")
    return found


# --- the network ---


def reach_network(told):
    found = []
    for name in ("INET", "INET6", "UNIX", "NETLINK", "PACKET", "VSOCK"):
        family = getattr(socket, f"AF_{name}", 0)
        found += _works(f"a socket of {name}", *(lambda: socket.socket(family, getattr(socket, f"SOCK_{kind}"))
                                                for kind in ("STREAM", "DGRAM")))
    found += _works("a port of this machine", lambda: socket.create_connection(("127.0.0.1", told["port"]), 1))
    for name in (b"\0" + told["abstract"].encode(), told["socket"]):
        found += _works(f"the Unix socket {name!r}", lambda: socket.socket(socket.AF_UNIX).connect(name))
    return found + _works("a pair of sockets", socket.socketpair)


# --- signals and privileges ---


def send_signals(told):
    found = []
    for process in (1, 0, -1, os.getppid()):
        for number in (0, signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            found += _works(f"signal {number} to {process}", lambda: os.kill(process, number))
    found += _works("a handle on process 1", lambda: os.pidfd_open(1))
    reading, writing = os.pipe()
    for number in (signal.SIGKILL, signal.SIGIO):  # the kernel then sends it when the pipe can be read
        try:
            fcntl.fcntl(reading, fcntl.F_SETSIG, number)
            fcntl.fcntl(reading, fcntl.F_SETOWN, 1)
            fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            os.write(writing, b"x")
        except OSError:
            pass
    return found


def gain_rights(told):
    found = _works("user 0", lambda: os.setuid(0)) + _works("group 0", lambda: os.setgid(0))
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, data) == 0 and any(data[i] for i in (0, 1, 3, 4)):
        found.append("a capability")
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        found += _works("a higher limit", lambda: resource.setrlimit(limit, (2**40, 2**40)))
    return found


def call_the_kernel(told):
    found = []
    for name, number in told["calls"].items():
        ctypes.set_errno(0)
        answer = libc.syscall(number, *[ctypes.c_long(-1)] * 6)
        if answer != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            found.append(name)
        if name in ("fork", "vfork") and answer == 0:
            os._exit(0)
    return found


# --- processes ---


def start_processes(told):
    def fork():
        if os.fork() == 0:
            os._exit(0)

    found = _works("a fork", fork) + _works("a session", os.setsid) + _works("a group", lambda: os.setpgid(0, 0))
    for program in (sys.executable, "/bin/sh", "/usr/lib64/ld-linux-x86-64.so.2"):
        found += _works(program, lambda: subprocess.run([program]), lambda: os.posix_spawn(program, [program], {}))
    found += _works("another program in this place", lambda: os.execv(sys.executable, [sys.executable, "-c", "1"]))
    for name in ("fork", "vfork"):
        child = libc.syscall(told["calls"][name]) if name in told["calls"] else -1
        if child == 0:
            os._exit(0)
        found += [name] * (child > 0)
    return found


def leave_thread(told):
    def stay():
        while True:
            time.sleep(0.01)

    for _ in range(8):
        threading.Thread(target=stay).start()
    return []


def fork_bomb(told):
    started = 0
    for _ in range(10_000):
        try:
            if os.fork() == 0:
                time.sleep(1)
                os._exit(0)
            started += 1
        except OSError:
            pass
    return [f"{started} processes"] * (started > 0)


def thread_bomb(told):
    started = 0
    try:
        for _ in range(1000):
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    return [f"{started} threads"] * (started > told["threads"])


# --- other requests ---


def leave_marker(told):
    """Leave a secret wherever there is a place: the next request looks for it."""
    secret = told["half"] + told["other"]
    os.environ["LEFT"] = secret
    sys.modules["left_behind"] = type(sys)(secret)
    __builtins__["left_behind"] = secret
    globals()["kept"] = [secret * 1000 for _ in range(1000)]
    for path in ("/tmp/left_behind", "/dev/shm/left_behind"):
        _works("", lambda: Path(path).write_text(secret))
    return []


def look_for_marker(told):
    found = ["a variable"] * ("LEFT" in os.environ) + ["a module"] * ("left_behind" in sys.modules)
    found += ["a name"] * ("left_behind" in __builtins__)
    here = [sys.prefix, sys.base_prefix, *sys.path]  # a Python or a course below /tmp is bound there
    names = [f"{place}/{name}" for place in ("/tmp", "/dev/shm") for name in os.listdir(place)]
    found += [name for name in names if not any(path.startswith(f"{name}/") for path in here)]
    half, other = told["half"].encode(), told["other"].encode()
    starts = {id(thing) >> 20 for thing in gc.get_objects()} | {libc.sbrk(0) >> 20}
    seen = 0
    for start in sorted({start + step for start in starts for step in range(-4, 5)}):
        for page in range(start << 20, start + 1 << 20, 2**16):
            data = _memory(page, 2**16)
            seen += len(data)
            at = data.find(half)
            while at >= 0:
                if data[at + len(half) : at + len(half) + len(other)] == other:
                    return [*found, "its memory"]
                at = data.find(half, at + 1)
    return [*found, *["no memory to look into"] * (seen < 2**24)]


libc.sbrk.restype = ctypes.c_long
_PIPE = os.pipe()
fcntl.fcntl(_PIPE[1], 1031, 2**17)  # F_SETPIPE_SZ


def _memory(address, size):
    """What stands at an address; nothing where nothing may be read. The kernel copies, so a wrong address does no
    harm."""
    written = libc.write(_PIPE[1], ctypes.c_void_p(address), ctypes.c_size_t(size))
    return os.read(_PIPE[0], written) if written > 0 else b""


def hamper_others(told):
    found = _works("limits of process 1", lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (3, 3)))
    found += _works("limits of process 1, read", lambda: resource.prlimit(1, resource.RLIMIT_NOFILE))
    found += _works("the processors of process 1", lambda: os.sched_setaffinity(1, {0}))
    return found + _works("the priority of process 1", lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))


# --- memory and time ---


def see_limits(told):
    limits = {
        "memory": (resource.RLIMIT_AS, told["memory"]), "computing time": (resource.RLIMIT_CPU, 60),
        "files written": (resource.RLIMIT_FSIZE, 0), "core dumps": (resource.RLIMIT_CORE, 0),
        "open files": (resource.RLIMIT_NOFILE, 64), "threads": (resource.RLIMIT_NPROC, told["threads"]),
    }
    return [name for name, (limit, most) in limits.items() if not 0 <= resource.getrlimit(limit)[1] <= most]


def allocate(told):
    import torch

    found = _works("8 GB of bytes", lambda: bytearray(2**33)) + _works("8 GB of a tensor", lambda: torch.empty(2**31))
    return found + _works("8 GB of a mapping", lambda: mmap.mmap(-1, 2**33))


def hog_memory(told):
    kept = []
    try:
        while True:
            kept.append(b"x" * 2**24)
    except MemoryError:
        got = len(kept) * 2**24
        kept.clear()
    return [f"{got >> 20} MB"] * (got > told["memory"])


def loop_for_ever(told):
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def sleep_for_ever(told):
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    while True:
        time.sleep(1000)


def segfault(told):
    ctypes.string_at(0)


def overflow_stack(told):
    def endless(n):
        return sorted([1, 2], key=lambda _: endless(n + 1))

    threading.stack_size(2**16)
    sys.setrecursionlimit(10**9)
    endless(0)


def exit_at_once(told):
    os._exit(0)


# --- floods and forgeries ---


def flood_output(told):
    for _ in range(1024):
        os.write(1, b"x" * 2**20)
    return []


def flood_printed(told):
    print("\033[2J" + "x" * 10**8)
    return []


def claim_huge_frame(told):
    _send((2**62).to_bytes(8, "little") + b"x" * 2**20)
    return []


def send_forever(told):
    while True:
        os.write(CONNECTION, b"\xff" * 2**20)


def send_a_million_tensors(told):
    header = {f"0/{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(10**6)}
    header["__metadata__"] = {"scalars": "[{}]", "note": "{}"}
    text = json.dumps(header, separators=(",", ":")).encode()
    _send(_frame(len(text).to_bytes(8, "little") + text))
    return []


def send_deep_nesting(told):
    deep = "[" * 10**6 + "]" * 10**6
    text = json.dumps({"__metadata__": {"scalars": deep, "note": "{}"}}).encode()
    _send(_frame(len(text).to_bytes(8, "little") + text))
    return []


def _forged(outcomes, **more):
    from vae_course.checks.probing import Run

    return _frame(Run(outcomes, **more).to_bytes())


def send_other_evidence(told):
    import torch

    _send(_forged([{"of_another_exercise": torch.zeros(3), "y": "text", "big": 2**62}] * told["cases"]))
    return []


def send_another_count(told):
    _send(_forged([{}] * (told["cases"] + 5)))
    return []


def claim_another_exercise(told):
    claims = {"uses": ("gaussian_kl", "../x"), "reads": ("\033[2J", "x" * 10**6), "printed": "\033]0;x\007"}
    _send(_forged([{}] * told["cases"], **claims))
    return []


def send_twice(told):
    _send(_forged([{}] * told["cases"], printed="forged") * 50)
    return []


def close_connection(told):
    os.closerange(0, 1024)
    return []


def write_everywhere(told):
    for descriptor in range(1024):
        if descriptor not in _PIPE:
            _works("", lambda: os.write(descriptor, b"\0" * 1000))
    return []
