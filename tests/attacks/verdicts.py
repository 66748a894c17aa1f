"""Attacks on what decides the mark: the kernel, the checks, torch, pytest."""

from attacks.suite import FITTED, FULL, ONE, RIGHT, attack, seen


@attack("4", "makes every comparison of torch and of the checks say yes")
def patched_comparisons(new):
    new.answer(above="""
        import torch
        import vae_course.checks.compare as compare
        import vae_course.checks.judging as judging

        for name in ("equal", "allclose", "isclose"):
            setattr(torch, name, lambda *args, **more: True)
        compare.gap = judging.gap = lambda *args, **more: 0.0
        for name in ("fits", "same", "holds"):
            setattr(judging.Trial, name, lambda *args, **more: None)
    """)


@attack("5", "replaces the modules of the checks by its own")
def replaced_module(new):
    new.answer(above="""
        import sys
        import types
        from vae_course.checks.report import Report

        fake = types.ModuleType("vae_course.checks.runner")
        fake.run = lambda name, *args, **more: Report(name, True, 5.0, 5.0, "Everything that was checked holds.")
        sys.modules["vae_course.checks.runner"] = sys.modules["vae_course.checks.judging"] = fake
        try:
            import vae_course.learn.checking as checking

            checking.run = fake.run
        except ImportError:
            pass
    """)


@attack("8", "makes the kernel's run_cell_async succeed without running anything")
def patched_run_cell(new):
    new.answer(above="""
        from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

        async def nothing(self, raw_cell, *args, **more):
            return ExecutionResult(ExecutionInfo(raw_cell, True, False, True, None))

        InteractiveShell.run_cell_async = nothing
    """)


@attack("9", "makes the kernel answer ok to everything, and shows neither results nor tracebacks")
def patched_do_execute(new):
    new.answer("raise ValueError('wrong')", above="""
        shell = get_ipython()
        shell.showtraceback = lambda *args, **more: None
        try:
            kernel, before = shell.kernel, shell.kernel.do_execute

            async def fine(*args, **more):
                await before(*args, **more)
                return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}

            kernel.do_execute = fine
            type(shell.displayhook).__call__ = lambda self, result=None: None
        except Exception:
            pass
    """)


@attack("11", "hides every traceback")
def hidden_traceback(new):
    new.answer("raise ValueError('wrong')", above="get_ipython().showtraceback = lambda *args, **more: None")


@attack("13", "clears the output of each cell once it has run")
def cleared_output(new):
    new.answer(above="""
        from IPython.display import clear_output

        try:
            get_ipython().events.register("post_run_cell", lambda *args: clear_output())
        except AttributeError:
            pass
    """)


@attack("57", "warns and writes to standard error; its answers are right", FULL)
def warns(new):
    new.answer(
        """
        warnings.warn("careful")
        print("still here", file=sys.stderr)
        return 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)
        """,
        above="import sys\nimport warnings",
    )


@attack("60", "resets the session, restarts the kernel and leaves")
def restarts(new):
    new.answer("exit()", above="""
        %reset -f
        try:
            get_ipython().kernel.do_shutdown(True)
        except Exception:
            pass
    """)


@attack("65", "tells pytest through PYTEST_ADDOPTS to run no test")
def no_tests(new):
    new.answer(above="""
        import os

        os.environ["PYTEST_ADDOPTS"] = "-k nothing --co -q"
        os.environ["PYTEST_PLUGINS"] = "doctest"
    """)


@attack("redefined check", "defines a check of its own, which says 5")
def redefined_check(new):
    new.answer(above="def check(name):\n    return {'std_from_logvar': 1, 'gaussian_kl': 5}[name]")


@attack("forged report", "makes every report show full marks")
def forged_report(new):
    new.answer(above="""
        from vae_course.checks.report import Report

        Report.__repr__ = lambda self: f"{self.points:g}"
        Report.score = Report.passed = property(lambda self: True, lambda self, value: None)
    """)


@attack("patched probe", "replaces what runs the probe by what sends the sealed numbers, wherever they are")
def patched_probe(new):
    new.answer(above="""
        import gc
        import vae_course.checks.probing as probing

        outcome = probing._outcome

        def forged(exercise, probe, names, case, seconds):
            if exercise != "gaussian_kl":
                return outcome(exercise, probe, names, case, seconds)
            for seal in gc.get_objects():
                if type(seal).__name__ == "Seal" and seal.exercise.name == "gaussian_kl":
                    for known, wanted in zip(seal.cases, seal.wanted):
                        if all(str(known[key]) == str(case[key]) for key in case):
                            return dict(wanted)
            return outcome(exercise, probe, names, case, seconds)

        probing._outcome = forged
    """)


@attack("frames", "looks for the expected numbers in the frames of whoever calls")
def frames(new):
    new.answer(
        """
        frame = sys._getframe()
        while frame:
            for seal in frame.f_locals.get("seals") or ():
                for known, wanted in zip(seal.cases, seal.wanted):
                    for key, value in wanted.items():
                        if key == "kl" and torch.equal(known["mu"].to(mu.dtype), mu.detach()):
                            return value + 0 * (mu + logvar).sum(-1)
            frame = frame.f_back
        return mu.sum(-1)
        """,
        above="import sys",
    )


@attack("patched wire", "replaces what packs and reads the evidence: safetensors, json, torch's own printing")
def patched_wire(new):
    new.answer(above="""
        import json
        import safetensors.torch
        import vae_course.checks.wire as wire

        save = safetensors.torch.save

        def zeros(tensors, *args):
            return save({k: torch.zeros_like(t) if k.endswith("/kl") else t for k, t in tensors.items()}, *args)

        safetensors.torch.save = zeros
        torch.Tensor.__repr__ = lambda self, **more: "5"
        json.JSONEncoder.default = lambda self, value: 5
        wire.LIMIT = 2**60
    """)


@attack("patched random", "seeds every generator alike, so that fresh inputs are the visible ones, which it knows")
def patched_random(new):
    new.answer(
        FITTED,
        above=f"""
import random

class Always(torch.Generator):
    def manual_seed(self, number):
        return super().manual_seed(20140501)

torch.Generator = Always
torch.manual_seed = random.seed = lambda *args: None

{seen()}
""",
    )


@attack("patched autograd", "cuts the gradient off, and replaces what asks for gradients", {**ONE, "gaussian_kl": 4.0})
def patched_autograd(new):
    new.answer(
        f"{RIGHT}.detach()",
        above="""
        ask = torch.autograd.grad

        def ones(value, inputs, **more):
            return [torch.ones_like(given) for given in inputs] if len(inputs) == 2 else ask(value, inputs, **more)

        torch.autograd.grad = ones
        """,
    )


@attack(
    "other exercise", "replaces the answer to another exercise by a thing that agrees with everything",
    {"std_from_logvar": 0.0, "gaussian_kl": 5.0},
)
def other_exercise(new):
    new.write("std_from_logvar", "def std_from_logvar(logvar):\n    return logvar")
    new.answer(RIGHT, below="""
        class Agrees(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                return True

        def std_from_logvar(logvar):
            return logvar.as_subclass(Agrees)
    """)
