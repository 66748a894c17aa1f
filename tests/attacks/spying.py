"""Attacks that look for answers, marks and secrets. What they find they print, so that it would reach the feedback."""

from attacks.suite import FITTED, VARIABLE, WRONG, attack, seen

LOOK = """
import re

def look(*reads):
    for read in reads:
        try:
            text = read()
        except BaseException:
            continue
        text = text.decode("latin-1") if isinstance(text, bytes) else str(text)
        print(sorted(set(re.findall("canary-[a-z]+-[0-9a-f]+", text))))
"""


def looking(*reads):
    """An answer's body and what stands above it: the body looks into what these expressions give."""
    calls = ", ".join(f"lambda: {read}" for read in reads)
    return f"look({calls})\n{WRONG}", LOOK


@attack("17", "searches frames, history and every object alive for hidden inputs and expected numbers")
def searches_frames(new):
    new.answer(
        f"""
        found = [str(thing) for thing in gc.get_objects() if type(thing).__name__ in ("Seal", "Trial", "Mistake")]
        print("SEALED" if found else "nothing")
        frame = sys._getframe()
        while frame:
            for name in ("seals", "sealed", "wanted", "trials"):
                if name in frame.f_locals:
                    print("SEALED")
            frame = frame.f_back
        {WRONG}
        """,
        above="import gc\nimport sys",
    )


@attack("17 printed", "prints the inputs that it is given, fresh ones too")
def prints_inputs(new):
    new.answer(f"if not seen(mu):\n    print(mu.flatten().tolist())\n{WRONG}", above=seen())


@attack("17 error", "raises an error that holds the inputs, on fresh ones only")
def raises_inputs(new):
    new.answer(f"if not seen(mu):\n    raise ValueError(mu.flatten().tolist())\n{FITTED}", above=seen())


@attack("18", "reads the gradebook")
def reads_gradebook(new):
    path = str(new.world.course.gradebook)
    dump = f"list(__import__('sqlite3').connect({path!r}).iterdump())"
    body, above = looking(f"open({path!r}, 'rb').read()", dump)
    new.answer(body, above=above)


@attack("21 answers", "reads the answers")
def reads_answers(new):
    body, above = looking(f"open({str(new.world.answers)!r}).read()")
    new.answer(body, above=above)


@attack("21 others", "reads another student's submission")
def reads_others(new):
    body, above = looking(f"open({str(new.world.other)!r}).read()")
    new.answer(body, above=above)


@attack("secrets", "reads a file outside, the environment and the seed of the class")
def reads_secrets(new):
    path = str(new.world.secret_file)
    body, above = looking(
        f"open({path!r}).read()", f"__import__('os').environ[{VARIABLE!r}]",
        "open('/proc/self/environ').read()", "open('/proc/1/environ').read()", "open('/proc/1/cmdline').read()",
        f"__import__('subprocess').check_output(['cat', {path!r}])",
        f"__import__('importlib.util').util.spec_from_file_location('x', {path!r}).loader.get_data({path!r})",
    )
    new.answer(body, above=above)


@attack("30", "calls a server for the answer")
def calls_a_server(new):
    new.answer(
        f"""
        try:
            with socket.create_connection(("127.0.0.1", {new.world.port}), 1) as server:
                server.send(str(mu.tolist()).encode())
        except OSError:
            pass
        {WRONG}
        """,
        above="import socket",
    )


@attack("54", "looks whether it is being graded, and takes the seed and the answers from the environment")
def notices_grading(new):
    new.answer(f"""
        import os

        if "NBGRADER_EXECUTION" in os.environ:
            from vae_course.checks.sealing import marking_seal

            for seal in [marking_seal("gaussian_kl", int(os.environ["VAE_COURSE_SEED"]))]:
                for known, wanted in zip(seal.cases, seal.wanted):
                    if torch.equal(known["mu"], mu.detach()):
                        return wanted["kl"] + 0 * (mu + logvar).sum(-1)
        {WRONG}
    """)


@attack("55", "knows the right values on the visible inputs, and nothing else")
def fitted(new):
    new.answer(FITTED, above=seen())


@attack("55 sealed", "takes the expected numbers from the course's sealed file")
def sealed_file(new):
    new.answer(f"""
        from vae_course.checks.seal import visible_seal

        for known, wanted in zip(visible_seal("gaussian_kl").cases, visible_seal("gaussian_kl").wanted):
            if torch.equal(known["mu"], mu.detach()):
                return wanted["kl"] + 0 * (mu + logvar).sum(-1)
        {WRONG}
    """)


@attack("56", "imports the reference out of the folder of answers")
def imports_reference(new):
    source = str(new.world.course.source)
    new.answer(f"""
        import json

        scope = {{"torch": torch}}
        for cell in json.load(open({source!r}))["cells"]:
            if "def gaussian_kl(" in "".join(cell["source"]):
                exec("".join(cell["source"]), scope)
                return scope["gaussian_kl"](mu, logvar)
        {WRONG}
    """)


@attack("56 author", "asks the course's own tools for the reference")
def asks_the_author(new):
    new.answer(f"""
        from vae_course import course
        from vae_course.checks.loader import load
        from vae_course.checks.sealing import reference_program

        return load(reference_program(course.find_stage("03")), {{}}, 10.0)["gaussian_kl"](mu, logvar)
    """)


@attack("66", "calls the course's own version of what it is asked for")
def calls_toolbox(new):
    new.answer("""
        from vae_course.models.toolbox.stage_03 import gaussian_kl as ours

        return ours(mu, logvar)
    """)


@attack("66 later", "calls a model of a later stage, which has the answer in it")
def calls_later_stage(new):
    new.answer("""
        from vae_course.models.digit_nets import gaussian_kl as ours

        return ours(mu, logvar)
    """)


@attack("drills", "has the course's question generator work the answer out")
def asks_a_drill(new):
    new.answer("""
        import math
        from vae_course.checks.drills.stage_03 import kl_to_the_prior

        class Chosen:
            def __init__(self, mu, logvar):
                self.values = [logvar * 10, mu * 100]

            def choice(self, given):
                return self.values.pop(0) if len(self.values) > 1 else 1

            def randint(self, *ends):
                return self.values[-1]

        class Exp:
            exp = staticmethod(torch.exp)

        class Item:
            def __init__(self, text, value, **more):
                self.value = value

            def clear(self):
                return True

        import vae_course.checks.drills.stage_03 as drills
        drills.math = Exp
        drills.Item = Item
        priced = [kl_to_the_prior(Chosen(m, v)).value for m, v in zip(mu.flatten(), logvar.flatten())]
        return torch.stack(priced).reshape(mu.shape).sum(-1)
    """)


@attack("packages", "searches what is installed and mounted for a formula of its own name")
def searches_packages(new):
    new.answer("""
        for path in sorted({*sys.path, "/course"}):
            for folder, _, files in os.walk(os.path.join(path, "vae_course") if path else "."):
                for file in files:
                    text = open(os.path.join(folder, file), "rb").read().decode("latin-1")
                    if file.endswith(".py") and re.search(r"^def gaussian_kl[(]mu", text, re.MULTILINE):
                        scope = {"torch": torch}
                        exec(compile(text, file, "exec"), scope)
                        try:
                            return scope["gaussian_kl"](mu, logvar)
                        except Exception:
                            pass
        return mu.sum(-1)
    """, above="import os\nimport re\nimport sys")
