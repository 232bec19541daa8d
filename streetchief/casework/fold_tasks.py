"""Events about called departments → the tasks of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from streetchief.casework.actions import Action, Proof, WhistleKind
from streetchief.casework.case import Case, Holder, Task, TaskState, Whistle
from streetchief.casework.events import CaseEvent, read_instant

Change = Callable[[Case, CaseEvent], Case]


def _whistle(case: Case, event: CaseEvent) -> Case:
    p = event.payload
    whistle = Whistle(p["whistle"], WhistleKind(p["kind"]), event.by, event.at)
    tasks = tuple(
        Task(
            called["task"], whistle.number, called["department"], event.by, TaskState.CALLED, event.at,
            read_instant(called["arrive_due_at"]), read_instant(called["finish_due_at"]),
        )
        for called in p["called"]
    )  # fmt: skip
    after = replace(case, whistles=(*case.whistles, whistle), tasks=(*case.tasks, *tasks))
    return replace(after, held_by=Holder.CHIEF, tier=p["tier"]) if "tier" in p else after


def _changed(change: Callable[[Task, CaseEvent], dict[str, Any]]) -> Change:
    """A fold that changes the task that the payload names."""

    def folded(case: Case, event: CaseEvent) -> Case:
        number = event.payload["task"]
        tasks = tuple(replace(t, **change(t, event)) if t.number == number else t for t in case.tasks)
        return replace(case, tasks=tasks)

    return folded


def _report_in(task: Task, event: CaseEvent) -> dict[str, Any]:
    p = event.payload
    if p["proof"] == Proof.CHIEF:
        return {"claimed_at": event.at, "left_at": None}
    back = task.arrived_at if task.arrived_at is not None else event.at  # who comes back came at first when it came
    return {
        "state": TaskState.ARRIVED, "arrived_at": back, "left_at": None, "proof": Proof(p["proof"]),
        "distance_m": p.get("distance_m"), "claimed_at": None,
    }  # fmt: skip


def _confirm(task: Task, event: CaseEvent) -> dict[str, Any]:
    arrived = datetime.fromisoformat(event.payload["arrived_at"])
    return {
        "state": TaskState.ARRIVED,
        "arrived_at": arrived,
        "proof": Proof.CHIEF,
        "claimed_at": None,
        "left_at": None,
    }


def _leave(task: Task, event: CaseEvent) -> dict[str, Any]:
    return {"left_at": event.at, "has_left_early": task.has_left_early or event.payload["early"]}


def _recall(task: Task, event: CaseEvent) -> dict[str, Any]:
    p = event.payload
    return {
        "state": TaskState.CALLED, "called_at": event.at, "arrive_due_at": read_instant(p["arrive_due_at"]),
        "finish_due_at": read_instant(p["finish_due_at"]), "claimed_at": None, "arrived_at": None, "proof": None,
        "distance_m": None, "returned_at": None, "is_return_accepted": False, "left_at": None,
        "was_no_show": task.was_no_show or p["no_show"],
    }  # fmt: skip


def _call_off(task: Task, event: CaseEvent) -> dict[str, Any]:
    return {"state": TaskState.CALLED_OFF, "was_no_show": task.was_no_show or event.payload["no_show"]}


def _settle(case: Case, event: CaseEvent) -> Case:
    numbers = event.payload["whistles"]
    whistles = tuple(replace(w, settled_at=event.at) if w.number in numbers else w for w in case.whistles)
    return replace(case, whistles=whistles)


def _finish(case: Case, event: CaseEvent) -> Case:
    """A finished case is settled for every department that was called, and must be verified anew."""
    whistles = tuple(w if w.settled_at else replace(w, settled_at=event.at) for w in case.whistles)
    return replace(case, whistles=whistles, is_passed=None)


def _void(case: Case, event: CaseEvent) -> Case:
    no_show = event.payload["called_off"]
    tasks = tuple(
        replace(t, state=TaskState.CALLED_OFF, was_no_show=t.was_no_show or no_show[str(t.number)])
        if str(t.number) in no_show else t
        for t in case.tasks
    )  # fmt: skip
    return replace(case, tasks=tasks)


def _hand_over_chief(case: Case, event: CaseEvent) -> Case:
    leaver, successor = event.payload["leaver"], event.payload["successor"]
    whistles = tuple(replace(w, caller=successor) if w.caller == leaver else w for w in case.whistles)
    tasks = tuple(replace(t, caller=successor) if t.caller == leaver else t for t in case.tasks)
    return replace(case, whistles=whistles, tasks=tasks)


def _recompute(case: Case, event: CaseEvent) -> Case:
    new = {changed["task"]: changed for changed in event.payload.get("tasks", ())}
    tasks = tuple(
        replace(
            t, arrive_due_at=read_instant(new[t.number]["arrive_due_at"]),
            finish_due_at=read_instant(new[t.number]["finish_due_at"]),
        ) if t.number in new else t
        for t in case.tasks
    )  # fmt: skip
    return replace(case, tasks=tasks)


TASK_FOLDS: Mapping[Action, Change] = {
    Action.WHISTLE: _whistle,
    Action.REPORT_IN: _changed(_report_in),
    Action.CONFIRM_ARRIVAL: _changed(_confirm),
    Action.LEAVE: _changed(_leave),
    Action.TASK_FINISH: _changed(lambda _task, event: {"state": TaskState.DONE, "done_at": event.at}),
    Action.TASK_RETURN: _changed(lambda _task, event: {"state": TaskState.RETURNED, "returned_at": event.at}),
    Action.TASK_ACCEPT: _changed(lambda _task, _event: {"is_return_accepted": True}),
    Action.TASK_RECALL: _changed(_recall),
    Action.TASK_CALL_OFF: _changed(_call_off),
    Action.SETTLE: _settle,
    Action.RATE: _changed(lambda _task, event: {"score": event.payload["score"]}),
    Action.FINISH: _finish,
    Action.FIX_ON_SPOT: _finish,
    Action.VOID: _void,
    Action.HAND_OVER_CHIEF: _hand_over_chief,
    Action.RECOMPUTE_DEADLINE: _recompute,
}
