"""Finds the project and messages that a call belongs to, in events, results and paths."""

import json
import re

from pydantic import JsonValue

# `project_id` and its value are separated by quotes, colons and the backslashes of JSON inside JSON.
_PROJECT = re.compile(r"(?:project_id[^0-9A-Za-z]{1,16}|projects/)([0-7][0-9A-HJKMNP-TV-Z]{25})(?![0-9A-Za-z])")
_CREATED = frozenset({201, 202})


def find_project(text: str) -> str | None:
    """Return the one project that the text names as `project_id` or under `projects/`; None for none or several."""
    project_ids = set(_PROJECT.findall(text))
    return project_ids.pop() if len(project_ids) == 1 else None


def find_event_project(event: JsonValue) -> str | None:
    """Return the project that an invocation works for."""
    return find_project(json.dumps(event))


def list_message_ids(event: JsonValue) -> tuple[str, ...]:
    """Return the ids of the queue's messages that an invocation is to process; none for another event."""
    records = event.get("Records") if isinstance(event, dict) else None
    entries = [record for record in records if isinstance(record, dict)] if isinstance(records, list) else []
    return tuple(str(record["messageId"]) for record in entries if "messageId" in record)


def find_result_project(result: JsonValue) -> str | None:
    """Return the project that a create request created; only the answer contains its id."""
    if isinstance(result, dict) and result.get("statusCode") in _CREATED:
        return find_project(json.dumps(result))
    return None


def find_response_project(status: int, location: str) -> str | None:
    """Return the project in the Location header of the answer to a create request."""
    return find_project(location) if status in _CREATED else None
