"""The table of steps as a graph (Mermaid), for the documents: drawn from the table, never by hand."""

from __future__ import annotations

from streetchief.casework.states import EDGES, STAGE_OF, Stage, State
from streetchief.words import say


def state_graph(language: str) -> str:
    """A Mermaid state diagram: states grouped by stage, steps that lead elsewhere, those to the same place left out."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.RECEIVED}"]
    for stage in Stage:
        lines.append(
            f'    state "{stage.value} {say(f"case.stage.{stage.name.lower()}", language)}" as s{stage.value} {{'
        )
        lines += [f'        state "{say(f"case.state.{s}", language)}" as {s}' for s in State if STAGE_OF[s] == stage]
        lines.append("    }")
    drawn: dict[tuple[State, State], list[str]] = {}
    for (state, action), edge in EDGES.items():
        for end in sorted(edge.ends() - {state}):
            drawn.setdefault((state, end), []).append(say(f"case.action.{action}", language))
    separator = "、" if language == "zh" else ", "
    lines += [f"    {a} --> {b}: {separator.join(steps)}" for (a, b), steps in drawn.items()]
    return "\n".join(lines)


def step_table(language: str) -> str:
    """Every step in one Markdown table: state, step, ends, permission, who, what it needs, reason."""
    lines = ["| state | step | to | permission | who | needs | reason |", "|---|---|---|---|---|---|---|"]
    for (state, action), edge in EDGES.items():
        ends = " / ".join(sorted(edge.ends()))
        name = f"`{action}` {say(f'case.action.{action}', language)}"
        needs = ", ".join(edge.needs) or "–"
        lines.append(f"| `{state}` | {name} | {ends} | `{edge.permission}` | {edge.who} | {needs} | {edge.reason} |")
    return "\n".join(lines)
