"""The course's own version of what an exercise builds on, cut from the toolbox of its stage.

The toolbox of a stage answers that stage's exercises, so a sandbox has none of it. What an answer may call, since it
comes earlier in the same stage, is lent for this exercise alone.
"""

from __future__ import annotations

import ast
import functools

from vae_course import course
from vae_course.course import Stage

MODULE = "vae_course.models.toolbox.stage_{}"


@functools.lru_cache
def lent(name: str) -> str:
    """The source of a toolbox of the stage of exercise `name` with what it builds on and nothing else; "" when that is
    nothing of the same stage. Raises ValueError when it could not be given without the answer to `name` itself."""
    stage, exercise = course.find_exercise(name)
    wanted = {other for other in exercise.builds_on if _is_of(stage, other)}
    if not wanted:
        return ""
    tree = ast.parse((course.PACKAGE / "models" / "toolbox" / f"stage_{stage.number}.py").read_text(encoding="utf-8"))
    kept: set[ast.stmt] = set()
    while found := [node for node in tree.body if node not in kept and _names(node) & wanted]:
        kept.update(found)
        wanted |= {n.id for node in found for n in ast.walk(node) if isinstance(n, ast.Name)}
    if any(name in _names(node) for node in kept):
        raise ValueError(f"{stage.id}: what {name} builds on cannot be had without {name} itself")
    imports = (ast.Import, ast.ImportFrom)
    return ast.unparse(ast.Module([node for node in tree.body if node in kept or isinstance(node, imports)], []))


def _is_of(stage: Stage, name: str) -> bool:
    return any(exercise.name == name for exercise in stage.exercises)


def _names(node: ast.stmt) -> set[str]:
    """What a statement at the top of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
