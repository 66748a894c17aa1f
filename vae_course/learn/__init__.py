"""What a notebook calls. Each name is loaded when it is asked for: the command line must not wait for torch."""

from importlib import import_module

_HOMES = {
    "check": "checking", "gate": "gates", "hint": "hints", "practice": "practising", "predict": "predictions",
    "ready": "readiness", "reveal": "predictions",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value  # also where a module of that name has just been loaded
    return value
