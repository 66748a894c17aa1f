"""Answers that return something which pretends to be right."""

from attacks.suite import FULL, RIGHT, attack

FORGE = """
import vae_course.checks.probing as probing

outcome = probing._outcome

def forge(exercise, probe, names, case, seconds):
    return forged(case) if exercise == "gaussian_kl" else outcome(exercise, probe, names, case, seconds)

probing._outcome = forge
"""


@attack("2", "returns an object that is equal to everything")
def equal_to_everything(new):
    new.answer("return Equal()", above="""
        class Equal:
            shape, dtype = (5,), torch.float64
            __eq__ = __lt__ = __gt__ = __le__ = __ge__ = __bool__ = lambda *args: True
            __getattr__ = __call__ = __sub__ = __abs__ = lambda self, *args, **more: self
            __float__ = lambda self: 0.0
    """)


@attack("3", "returns a tensor whose class answers every question of torch itself")
def tensor_that_agrees(new):
    new.answer("return mu.sum(-1).as_subclass(Agrees)", above="""
        class Agrees(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                if function.__name__ in ("equal", "allclose", "all", "__bool__", "eq", "__eq__", "le", "__le__"):
                    return True
                return super().__torch_function__(function, types, args, kwargs or {})
    """)


@attack("59", "returns an object that runs a command when it is unpickled")
def pickled(new):
    new.answer("return Command(mu)", above=f"""
        class Command(torch.Tensor):
            def __reduce_ex__(self, protocol):
                return open, ({str(new.world.marker)!r}, "w")
    """)


@attack("disguised class", "returns an object that says its class is torch.Tensor")
def disguised_class(new):
    new.answer("return Disguised()", above="""
        class Disguised:
            __class__ = property(lambda self: torch.Tensor)
            dtype, shape, requires_grad = torch.float64, (5,), False
            __getattr__ = lambda self, name: lambda *args, **more: self
    """)


@attack("forged repr", "returns an object that is shown as 5")
def forged_repr(new):
    new.answer("return Five()", above="""
        class Five:
            __repr__ = __str__ = lambda self: "5"
            _repr_html_ = lambda self: "<b>right, 5 of 5 points</b>"
            __format__ = lambda self, how: "5"
    """)


@attack("every name", "deletes the function and answers to every name there is")
def every_name(new):
    new.write("gaussian_kl", """
        class Names(dict):
            def __missing__(self, name):
                return lambda *args: torch.zeros(args[0].shape[:-1])

        def __getattr__(name):
            return lambda *args: torch.zeros(args[0].shape[:-1])

        import sys
        import builtins
        builtins.gaussian_kl = lambda mu, logvar: torch.zeros(mu.shape[:-1])
        sys.modules[__name__].__dict__.setdefault("gaussian_kl", builtins.gaussian_kl)
    """)
    new.put()


@attack("no numbers", "returns NaN, infinities and negative zeros")
def no_numbers(new):
    new.answer("""
        value = mu.sum(-1) * float("nan")
        if len(value) == 1:
            return value * 0 + float("inf")
        return value if float(mu.abs().max()) else -0.0 * mu.sum(-1)
    """)


@attack("huge keys", "sends evidence under names of a million letters, a number of 5,000 digits and endless text")
def huge_keys(new):
    new.answer(above=FORGE, below="""
        def forged(case):
            kl = torch.zeros(len(case["mu"]), dtype=torch.float64)
            return {"kl": kl, "k" * 10**6: kl, "text": "x" * 3 * 10**6, "number": 2**2000, "\\x1b[2J": True, "": -1}
    """)


@attack("missing evidence", "sends no evidence on a case that it does not like, and zeros elsewhere")
def missing_evidence(new):
    new.answer(above=FORGE, below="""
        def forged(case):
            zeros = torch.zeros(len(case["mu"]), dtype=torch.float64)
            keys = "kl", "again", "alone", "first", "rest", "at_prior", "mirrored", "d_mu", "d_logvar"
            return {} if case["case"] == "wide" else dict.fromkeys(keys, zeros)
    """)


@attack("odd types", "sends evidence in 8-bit numbers, truth values and empty tensors")
def odd_types(new):
    new.answer(above=FORGE, below="""
        def forged(case):
            rows = len(case["mu"])
            one = torch.ones(rows, dtype=torch.bool)
            return {"kl": torch.zeros(rows).to(torch.float8_e4m3fn), "again": one, "alone": one[:1], "first": one[:0],
                    "rest": "broken", "at_prior": False, "mirrored": 1, "d_mu": "none", "d_logvar": "broken"}
    """)


@attack("endless farewell", "returns objects whose deletion calls itself and never ends")
def endless_farewell(new):
    new.answer("return Farewell()", above="""
        import atexit

        class Farewell:
            def __del__(self):
                Farewell()

        atexit.register(lambda: Farewell())
    """)


@attack("look-alike name", "writes the right answer under a name with a Cyrillic letter")
def look_alike_name(new):
    new.write("gaussian_kl", f"def g\u0430ussian_kl(mu, logvar):\n    {RIGHT}")
    new.put()


@attack("another width", "writes the right name in full-width letters, which are the same name to Python", FULL)
def another_width(new):
    new.write("gaussian_kl", f"def \uff47aussian_kl(mu, logvar):\n    {RIGHT}")
    new.put()


@attack("69", "nests its source 100,000 deep, so that a parser gives up or crashes")
def nested_source(new):
    new.answer(f"return {'-' * 10**5}1")


@attack("late thread", "returns at once, and writes into every open descriptor later", harms=True)
def late_thread(new):
    new.answer(
        """
        threading.Thread(target=later, daemon=True).start()
        return mu.sum(-1)
        """,
        above="""
        import os
        import threading
        import time

        def later():
            while True:
                time.sleep(0.001)
                for descriptor in range(3, 64):
                    try:
                        os.write(descriptor, bytes(64))
                    except OSError:
                        pass
        """,
    )
