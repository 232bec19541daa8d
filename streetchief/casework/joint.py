"""Whistle and report-in (吹哨报到): a task a department, each with its own clock, arrival and result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from streetchief.actors import Permission
from streetchief.casework.actions import Action, Proof
from streetchief.casework.asking import Ask, Decision, Outcome, known_department, plain, refuse
from streetchief.casework.case import Holder, Task, TaskState
from streetchief.casework.events import instant
from streetchief.casework.facts import Times
from streetchief.casework.permits import departments_of, tier_of
from streetchief.casework.states import WITH_DEPARTMENT
from streetchief.casework.whistle import BEST_SCORE, is_no_show, is_open, latest_task, open_tasks
from streetchief.errors import BadInput


def task_limits(times: Times, called_at: datetime) -> dict[str, str | None]:
    """When arrival and result of a department called then are due; None = no limit is configured."""
    arrive, finish = (times.due(step, called_at) for step in ("report_in", "handle"))
    return {
        "arrive_due_at": None if arrive is None else instant(arrive.at),
        "finish_due_at": None if finish is None else instant(finish.at),
    }


def _whistle(ask: Ask) -> Outcome:
    case, given = ask.case, ask.given
    codes = [known_department(ask, code) for code in given.departments or ()]
    if len(set(codes)) != len(codes):
        raise BadInput("department_named_twice")
    at_work = {task.department for task in open_tasks(case)}
    if again := sorted(at_work & set(codes)):
        refuse("called_already", departments=", ".join(again))
    limits = task_limits(ask.facts.times, ask.now)
    first = len(case.tasks) + 1
    called = [{"task": first + n, "department": code, **limits} for n, code in enumerate(codes)]
    payload: dict[str, Any] = {"whistle": len(case.whistles) + 1, "kind": given.kind, "called": called}
    if case.state not in WITH_DEPARTMENT or case.held_by == Holder.CHIEF:
        payload["tier"] = tier_of(case, Permission.WHISTLE, ask.by)  # the caller has it in hand from now on
    return Outcome(payload)


def _own_task(ask: Ask) -> Task:
    """The task of the department for which the actor speaks.  Raises BadInput where that leaves a choice."""
    mine = departments_of(ask.case, ask.edge.permission, ask.by) & {task.department for task in ask.case.tasks}
    if ask.given.department is not None:
        mine &= {ask.given.department}
    if len(mine) != 1:
        raise BadInput("which_department", departments=", ".join(sorted(mine)))
    return _task_of(ask, *mine)


def _task_of(ask: Ask, department: str | None) -> Task:
    """The newest task of a department.  Raises Conflict if it was never called."""
    task = None if department is None else latest_task(ask.case, department)
    if task is None:
        refuse("department_not_called", department=department)
    return task


def _of(task: Task, **more: object) -> Outcome:
    return Outcome({"task": task.number, "department": task.department, **more})


def _report_in(ask: Ask) -> Outcome:
    task = _own_task(ask)
    if task.state not in (TaskState.CALLED, TaskState.ARRIVED):
        refuse("task_not_open", department=task.department)
    if task.state == TaskState.ARRIVED and task.left_at is None:
        refuse("arrived_already", department=task.department)
    proof = ask.given.proof
    more: dict[str, object] = {"proof": proof}
    if proof == Proof.PLAQUE:
        _check_plaque(ask)
    if proof == Proof.GEOFENCE:
        more["distance_m"] = _distance_m(ask)
    return _of(task, **more)


def _check_plaque(ask: Ask) -> None:
    segment, code = ask.case.segment, ask.given.plaque
    if segment is None or not code or not ask.facts.is_plaque_signed(segment, code):
        raise BadInput("plaque_not_of_segment")


def _distance_m(ask: Ask) -> float:
    """The distance of a check-in, to the metre: more would say where the person stood."""
    distance, most = ask.given.distance_m, ask.facts.geofence_m
    if most is None or ask.case.segment is None:
        raise BadInput("no_geofence")
    if distance is None or not math.isfinite(distance) or distance < 0:
        raise BadInput("bad_distance")
    if distance > most:
        raise BadInput("too_far_to_report_in", distance_m=round(distance), most_m=round(most))
    return float(round(distance))


def _confirm_arrival(ask: Ask) -> Outcome:
    """A claim is confirmed as of when it was made; without one the chief says that they are there now."""
    task = _task_of(ask, ask.given.department)
    if task.state not in (TaskState.CALLED, TaskState.ARRIVED) or (task.arrived_at and task.claimed_at is None):
        refuse("arrived_already", department=task.department)
    return _of(task, arrived_at=instant(task.arrived_at or task.claimed_at or ask.now))


def _leave(ask: Ask) -> Outcome:
    task = _own_task(ask)
    if task.arrived_at is None or task.left_at is not None:
        refuse("not_there", department=task.department)
    settled = next(w.settled_at for w in ask.case.whistles if w.number == task.whistle)
    return _of(task, early=settled is None)


def _task_finish(ask: Ask) -> Outcome:
    task = _own_task(ask)
    if task.state != TaskState.ARRIVED:
        refuse("not_there" if task.state == TaskState.CALLED else "task_not_open", department=task.department)
    return _of(task)


def _task_return(ask: Ask) -> Outcome:
    task = _own_task(ask)
    if task.state not in (TaskState.CALLED, TaskState.ARRIVED):
        refuse("task_not_open", department=task.department)
    return _of(task)


def _task_accept(ask: Ask) -> Outcome:
    task = _task_of(ask, ask.given.department)
    if task.state != TaskState.RETURNED or task.is_return_accepted:
        refuse("task_not_returned", department=task.department)
    return _of(task)


def _task_recall(ask: Ask) -> Outcome:
    """Called again: one that gave it back, or that has not come; its clocks start anew."""
    task = _task_of(ask, ask.given.department)
    if task.state not in (TaskState.RETURNED, TaskState.CALLED):
        refuse("task_not_returned", department=task.department)
    return _of(task, no_show=is_no_show(task, ask.now), **task_limits(ask.facts.times, ask.now))


def _task_call_off(ask: Ask) -> Outcome:
    task = _task_of(ask, ask.given.department)
    if not is_open(task):
        refuse("task_not_open", department=task.department)
    return _of(task, no_show=is_no_show(task, ask.now))


def _settle(ask: Ask) -> Outcome:
    mine = [w.number for w in ask.case.whistles if w.caller == ask.by.id and w.settled_at is None]
    if not mine:
        refuse("settled_already")
    return Outcome({"whistles": mine})


def _rate(ask: Ask) -> Outcome:
    task, score = _task_of(ask, ask.given.department), ask.given.score
    if score is None or not 1 <= score <= BEST_SCORE:
        raise BadInput("bad_score", most=BEST_SCORE)
    if is_open(task):
        refuse("tasks_open", departments=task.department)
    if task.score is not None:
        refuse("rated_already", department=task.department)
    return _of(task, score=score)


def _void(ask: Ask) -> Outcome:
    return Outcome({"called_off": {str(task.number): is_no_show(task, ask.now) for task in open_tasks(ask.case)}})


def _hand_over_chief(ask: Ask) -> Outcome:
    """The accounts are named, never the persons; what the leaver called is the successor's to settle and rate."""
    leaver, successor = ask.given.leaver, ask.given.successor
    if leaver == successor:
        raise BadInput("successor_is_leaver")
    return Outcome({"leaver": leaver, "successor": successor, "tier": ask.case.tier})


TASK_DECISIONS: Mapping[Action, Decision] = {
    Action.WHISTLE: _whistle,
    Action.REPORT_IN: _report_in,
    Action.CONFIRM_ARRIVAL: _confirm_arrival,
    Action.LEAVE: _leave,
    Action.TASK_FINISH: _task_finish,
    Action.TASK_RETURN: _task_return,
    Action.TASK_ACCEPT: _task_accept,
    Action.TASK_RECALL: _task_recall,
    Action.TASK_CALL_OFF: _task_call_off,
    Action.SETTLE: _settle,
    Action.RATE: _rate,
    Action.FINISH: plain,
    Action.VOID: _void,
    Action.HAND_OVER_CHIEF: _hand_over_chief,
}
