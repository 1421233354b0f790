"""Keeps the newest log events of each CloudWatch log group in the spool."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agenticai.emulator.engines.ministack.converted import BoundedDict, ConvertingDict
from agenticai.emulator.engines.ministack.metrics import Metrics, publish_embedded
from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.shelf import Shelf

GROUP_BYTES = 2 * 1024 * 1024
"""The maximum size of the events kept per log group; AWS keeps them until the retention ends."""

EVENT_BYTES = 26
"""The bytes that an event counts in addition to its message: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html."""

# MiniStack's groups, streams and events are dictionaries.
EngineRecord = dict[str, Any]
Events = Sequence[Mapping[str, Any]]


class LogEvents:
    """Keeps the events of MiniStack's log groups out of memory; MiniStack creates a stream per invocation."""

    def __init__(self, logs: Any, spool: Spool, metrics: Metrics) -> None:
        self._logs = logs
        self._metrics = metrics
        self._fan_out: Callable[[str, str, Events], None] = logs._fanout_to_subscription_filters
        logs._log_groups._data = ConvertingDict("streams", lambda: Shelf(spool))
        logs._log_records._data = BoundedDict(10_000)
        logs._queries._data = BoundedDict(100)
        logs._fanout_to_subscription_filters = self._count_events

    def _count_events(self, group_name: str, stream_name: str, events: Events) -> None:
        """Count stored events, and drop the oldest if there are too many; MiniStack calls this."""
        group = self._logs._log_groups[group_name]
        stream = group["streams"][stream_name]
        size = count_bytes(events)
        stream["bytes"] = stream.get("bytes", 0) + size
        group["bytes"] = group.get("bytes", 0) + size
        while group["bytes"] > GROUP_BYTES:
            self._drop_oldest(group)
        self._fan_out(group_name, stream_name, events)
        publish_embedded(self._metrics, events)

    def _drop_oldest(self, group: EngineRecord) -> None:
        """Drop the oldest stream of the group, or the older half of its only one."""
        streams: Shelf[str, EngineRecord] = group["streams"]
        oldest = streams.find_first()
        if len(streams) > 1:
            group["bytes"] -= streams.pop(oldest).get("bytes", 0)
            return
        stream = streams[oldest]
        events = stream["events"] = stream["events"][len(stream["events"]) // 2 + 1 :]
        group["bytes"] = stream["bytes"] = count_bytes(events)


def count_bytes(events: Events) -> int:
    """Return the size of events in bytes, as AWS counts it."""
    return sum(len(event["message"].encode()) + EVENT_BYTES for event in events)
