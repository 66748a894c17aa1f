"""Numbers as people type them: 0.498, 1,25, -3/4, or arithmetic such as 0.5 * (0.36 + 0.25 - log(0.25) - 1)."""

from __future__ import annotations

import ast
import math
import operator
import re

from vae_course.course import CourseError

_BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}
_NAMES = {"pi": math.pi, "e": math.e}
_CALLS = {"log": math.log, "ln": math.log, "exp": math.exp, "sqrt": math.sqrt}
LONGEST = 200


def read_number(text: str) -> float:
    """The number that `text` says. CourseError when it is none: with what was typed and an example of what to type."""
    if not text.strip():
        raise CourseError("Nothing was typed; type a number, such as 0.498 or -3/4, or arithmetic such as 0.5*log(2).")
    plain = _ascii(text)
    if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", plain):
        raise CourseError(f"{text.strip()} can be read in two ways; write it with a point, or without the comma.")
    plain = re.sub(r"(\d),(?=\d)|(?<!\d),(?=\d)", r"\1.", plain)  # a decimal comma: no function here takes two arguments
    try:
        if len(plain) > LONGEST or re.search(r"\b0[xXbBoO]", plain):
            raise ValueError
        value = float(_value(ast.parse(plain, mode="eval").body))
        if not math.isfinite(value):
            raise ValueError
        return value
    except (SyntaxError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError, MemoryError) as error:
        raise CourseError(
            f"{text.strip()[:40]} is not a number; type one, such as 0.498 or -3/4, or arithmetic such as 0.5*log(2)."
        ) from error


_SIGNS = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "^": "**", "π": "pi"})


def _ascii(text: str) -> str:
    """What was typed without a leading "=", a unit behind it, or a module's name before a function."""
    plain = text.strip().translate(_SIGNS).lstrip("=~≈ ")
    plain = re.sub(r"\s*(nats?|bits?)$", "", plain)
    return re.sub(r"\b(math|np|numpy|torch)\.", "", plain)


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=bool()):
            raise ValueError
        case ast.Constant(value=int() | float()):
            return float(node.value)
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand)
        case ast.UnaryOp(op=ast.UAdd()):
            return _value(node.operand)
        case ast.BinOp():
            return _BINARY[type(node.op)](_value(node.left), _value(node.right))
        case ast.Name():
            return _NAMES[node.id]
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
            return _CALLS[name](_value(argument))
    raise ValueError
