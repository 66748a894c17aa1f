"""Attacks that hurt: they crash, hang, flood, or reach outside. Most of them are never made outside a sandbox."""

from attacks.suite import WRONG, attack
from desk import NONE


@attack("19", "gives everybody 100 more points in the gradebook", harms=True)
def writes_gradebook(new):
    new.answer(f"""
        import sqlite3

        try:
            with sqlite3.connect({str(new.world.course.gradebook)!r}) as gradebook:
                gradebook.execute("update grade set extra_credit = 100")
        except sqlite3.Error:
            pass
        {WRONG}
    """)


@attack("20", "overwrites another student's submission", harms=True)
def overwrites_others(new):
    new.answer(f"""
        try:
            with open({str(new.world.other)!r}, "w") as file:
                file.write("{{}}")
        except OSError:
            pass
        {WRONG}
    """)


@attack("marker", "writes files outside, in /tmp and in the course", harms=True)
def writes_files(new):
    new.answer(f"""
        import os
        import sys

        places = {str(new.world.marker)!r}, "/tmp/canary-{new.world.token}", "canary", sys.path[-1] + "/canary.pth"
        for path in places:
            try:
                open(path, "w").close()
            except OSError:
                pass
        {WRONG}
    """)


@attack("22 exit", "ends the process")
def exits(new):
    new.answer("import os\nos._exit(0)")


@attack("22 crash", "reads address 0")
def crashes(new):
    new.answer("import ctypes\nctypes.string_at(0)")


@attack("22 at once", "ends the process as soon as its cell is run", NONE)
def exits_at_once(new):
    new.answer(above="import os\nos._exit(0)")


@attack("23", "never ends")
def loops(new):
    new.answer("while True:\n    pass")


@attack("24", "never ends, and takes no notice of interrupts and alarms", harms=True)
def sleeps_stubbornly(new):
    new.answer("""
        import signal
        import time

        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
        while True:
            try:
                time.sleep(600)
            except BaseException:
                pass
    """)


@attack("25", "starts processes that start processes", harms=True)
def fork_bomb(new):
    new.answer(f"""
        import os

        for _ in range(10_000):
            try:
                os.fork()
            except OSError:
                break
        {WRONG}
    """)


@attack("26", "takes 20 GB of memory, and 32 GB through torch", harms=True)
def memory_bomb(new):
    new.answer(f"""
        for take in (lambda: bytearray(20 * 2**30), lambda: torch.ones(2**32, dtype=torch.float64)):
            try:
                take()
            except (MemoryError, RuntimeError):
                pass
        {WRONG}
    """)


@attack("27", "fills the disk", harms=True)
def fills_the_disk(new):
    new.answer(f"""
        import os

        for path in ("/tmp/fill", "/dev/shm/fill", "fill"):
            try:
                with open(path, "wb") as file:
                    for _ in range(2**10):
                        file.write(bytes(2**24))
            except OSError:
                pass
        {WRONG}
    """)


@attack("29", "prints 100 MB, and writes as much into every open descriptor", harms=True)
def floods(new):
    new.answer(f"""
        import os

        print("x" * 10**8)
        for _ in range(100):
            os.write(1, b"x" * 2**20)
        {WRONG}
    """)


@attack("32", "leaves a program running", harms=True)
def daemon(new):
    new.answer(f"""
        import subprocess
        import sys

        try:
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)  # {new.world.canary('process')}"],
                             start_new_session=True)
        except OSError:
            pass
        {WRONG}
    """)


@attack("34", "sends forged evidence of its own over every socket there is", harms=True)
def forged_frames(new):
    new.answer("""
        import os
        from vae_course.checks.probing import Run

        kl = torch.zeros(len(mu), dtype=torch.float64)
        data = Run([{"kl": kl}] * 8, "forged", ("a",), ("gaussian_kl",)).to_bytes()
        for descriptor in range(3, 64):
            try:
                for _ in range(5):
                    os.write(descriptor, len(data).to_bytes(8, "little") + data)
            except OSError:
                pass
        os._exit(0)
    """)


@attack("63", "sends signals to process 1, to its group and to everybody", harms=True)
def signals(new):
    new.answer(f"""
        import os

        for process in (1, 0, -1):
            for number in (2, 15, 9):
                try:
                    os.kill(process, number)
                except OSError:
                    pass
        {WRONG}
    """)


@attack("giant number", "sends a number of 100,000 digits, nested a hundred thousand deep", harms=True)
def giant_number(new):
    new.answer("""
        import json
        import os

        scalars = '[{"kl": ' + "9" * 100_000 + "}]"
        note = "[" * 100_000
        text = json.dumps({"__metadata__": {"scalars": scalars, "note": note}}).encode()
        data = len(text).to_bytes(8, "little") + text
        os.write(3, len(data).to_bytes(8, "little") + data)
        os._exit(0)
    """)
