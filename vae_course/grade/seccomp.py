"""The system calls that an answer may not make, as a filter that the kernel runs (seccomp-bpf), written out by hand.

What is refused gives EPERM, so that Python raises PermissionError. Threads may be started, processes may not. A call
that is newer than this list does not exist (ENOSYS), nor does `clone3`, whose flags a filter cannot see: the C
library then falls back to `clone`. Numbers: Linux's tables for x86-64 and for AArch64; None where one of them lacks
the call.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_REFUSED = {
    # starting processes and programs
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "setsid": (112, 157),
    "setpgid": (109, 154),
    # signals
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    # looking into other processes, or changing how they run
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "kcmp": (312, 272), "perf_event_open": (298, 241), "setpriority": (141, 140),
    "ioprio_set": (251, 30), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "migrate_pages": (256, 238), "move_pages": (279, 239),
    # sockets
    "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "listen": (50, 201), "connect": (42, 203),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211),
    "recvmsg": (47, 212), "sendmmsg": (307, 269), "recvmmsg": (299, 243),
    # memory and queues that outlive a process
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "msgget": (68, 186),
    "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180), "mq_unlink": (241, 181),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    # doors of the kernel that have often been left open
    "bpf": (321, 280), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "userfaultfd": (323, 282), "personality": (135, 92), "modify_ldt": (154, None), "init_module": (175, 105),
    "finit_module": (313, 273), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "syslog": (103, 116),
}
_CLONE, _PRLIMIT, _CLONE3, _NEWER = (56, 220), (302, 261), 435, 449
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of the table, AUDIT_ARCH_*

KNOWN = platform.machine() in _MACHINES

_LOAD, _EQUAL, _AT_LEAST, _HAS_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST = 0, 4, 16  # offsets in struct seccomp_data; of an argument, the lower half
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x00010000
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38


def refused() -> dict[str, int]:
    """The refused calls that this processor has, with their numbers."""
    column, _ = _MACHINES[platform.machine()]
    return {name: numbers[column] for name, numbers in _REFUSED.items() if numbers[column] is not None}


def refuse() -> None:
    """Refuse these calls to this process from now on; nothing takes that back. Raises OSError where the kernel
    cannot."""
    program = _program()
    code = ctypes.create_string_buffer(program, len(program))
    filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, *rest in ((_PR_SET_NO_NEW_PRIVS, 1, 0), (_PR_SET_SECCOMP, 2, ctypes.addressof(filter))):
        if libc.prctl(option, *(ctypes.c_ulong(value) for value in (*rest, 0, 0))):
            raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _program() -> bytes:
    """The filter: instructions of (operation, steps to skip if true, steps to skip if false, operand)."""
    column, arch = _MACHINES[platform.machine()]
    refusal, absent = (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    steps = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    steps += [(_EQUAL, 0, 1, _CLONE3), absent, (_AT_LEAST, 0, 1, _NEWER), absent]  # the second covers the x32 calls too
    for number in refused().values():
        steps += [(_EQUAL, 0, 1, number), refusal]
    # a limit of another process: the first argument is not 0
    steps += [(_EQUAL, 0, 3, _PRLIMIT[column]), (_LOAD, 0, 0, _FIRST), (_EQUAL, 4, 0, 0), refusal]
    steps += [(_EQUAL, 0, 2, _CLONE[column]), (_LOAD, 0, 0, _FIRST), (_HAS_BIT, 0, 1, _CLONE_THREAD)]
    steps += [(_RETURN, 0, 0, _ALLOW), refusal]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
