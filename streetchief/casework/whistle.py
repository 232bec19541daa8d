"""What is read from the tasks of called departments: open or not, late, no-show, the joint outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from streetchief.casework.case import Case, Task, TaskState

BEST_SCORE = 5


class JointOutcome(StrEnum):
    """What became of a whistle as a whole."""

    OPEN = "open"
    DONE = "done"  # every department did its part
    DONE_IN_PART = "done_in_part"  # some did; others gave it back or were called off
    NOT_DONE = "not_done"


def is_open(task: Task) -> bool:
    """Whether the department still owes something: 事不完、人不撤."""
    if task.state == TaskState.RETURNED:
        return not task.is_return_accepted
    return task.state in (TaskState.CALLED, TaskState.ARRIVED)


def open_tasks(case: Case) -> tuple[Task, ...]:
    """The tasks that keep the case from being finished, verified and closed."""
    return tuple(task for task in case.tasks if is_open(task))


def is_late(task: Task, now: datetime) -> bool:
    """Whether it came after its arrival was due, or has not come and it is due; False where no limit is configured."""
    if task.arrive_due_at is None or task.state == TaskState.CALLED_OFF:
        return False
    if task.arrived_at is not None:
        return task.arrived_at > task.arrive_due_at
    return task.state == TaskState.CALLED and now > task.arrive_due_at


def is_no_show(task: Task, now: datetime) -> bool:
    """Whether its arrival is due and it has not come; stays so when it was called off for that."""
    if task.was_no_show or task.arrive_due_at is None:
        return task.was_no_show
    return task.state == TaskState.CALLED and task.arrived_at is None and now > task.arrive_due_at


def joint_outcome(tasks: Iterable[Task]) -> JointOutcome | None:
    """The outcome of the tasks together; None when no department was called."""
    listed = tuple(tasks)
    if not listed:
        return None
    if any(is_open(task) for task in listed):
        return JointOutcome.OPEN
    done = [task for task in listed if task.state == TaskState.DONE]
    if len(done) == len(listed):
        return JointOutcome.DONE
    return JointOutcome.DONE_IN_PART if done else JointOutcome.NOT_DONE


def latest_task(case: Case, department: str) -> Task | None:
    """The newest task of a department."""
    return next((task for task in reversed(case.tasks) if task.department == department), None)
