"""The table: complete, said in both languages, drawn in the documents as it is."""

from __future__ import annotations

import re
from pathlib import Path

from streetchief.casework.actions import Action, Need, WhistleKind
from streetchief.casework.case import TaskState
from streetchief.casework.decisions import DECISIONS
from streetchief.casework.drawing import state_graph, step_table
from streetchief.casework.states import EDGES, ENDED, STAGE_OF, Stage, State
from streetchief.words import entry

ROOT = Path(__file__).parents[2]


def test_every_step_has_its_decision_and_every_state_its_stage() -> None:
    assert {action for _, action in EDGES} == set(DECISIONS) == set(Action) - {Action.OPEN}
    assert set(STAGE_OF) == set(State)
    assert {stage for state, stage in STAGE_OF.items() if state not in ENDED} | {Stage.EVALUATION} == set(Stage)


def test_everything_is_said_in_both_languages() -> None:
    for name, words in (
        ("state", State),
        ("action", Action),
        ("need", Need),
        ("whistle", WhistleKind),
        ("task", TaskState),
    ):
        for word in words:
            assert all(entry(f"case.{name}.{word}").values()), word


def test_every_refusal_has_its_sentence() -> None:
    code = "".join(p.read_text("utf-8") for p in (ROOT / "streetchief/casework").glob("*.py"))
    codes = re.findall(r'(?:refuse|Conflict|BadInput|NotFound|Forbidden)\(\s*"([a-z_]+)"', code)
    codes += re.findall(
        r'else "([a-z]+_[a-z_]+)"$', (ROOT / "streetchief/casework/permits.py").read_text("utf-8"), re.MULTILINE
    )
    assert len(set(codes)) > 40
    for found in set(codes):
        assert entry(f"error.{found}"), found


def test_the_page_shows_the_table_as_it_is() -> None:
    page = (ROOT / "docs/casework.md").read_text("utf-8")
    for part in (state_graph("zh"), state_graph("en"), step_table("zh")):
        assert part in page
