"""Follows a project to its end, event by event."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from agenticai.stack.waiting import Pause, pause
from shared.models.workflow import FINAL

if TYPE_CHECKING:
    from agenticai.client.api import ProjectsApi
    from shared.models.events import TimelineEvent

POLL_SECONDS: Final = 0.3


def follow(
    api: "ProjectsApi", project_id: str, *, after: Iterable["TimelineEvent"] = (), wait: Pause = pause
) -> Iterator["TimelineEvent | None"]:
    """Yield each event of the timeline once, in order, until one leaves the project in a final status.

    The events in `after` are skipped, such as those of earlier builds. After each poll it yields None, so that a
    display can update its clock.
    """
    seen_ids = {event.id for event in after}
    while True:
        new_events = [event for event in api.list_events(project_id) if event.id not in seen_ids]
        yield from new_events
        if any(event.status in FINAL for event in new_events):
            return
        seen_ids.update(event.id for event in new_events)
        yield None
        wait(POLL_SECONDS)
