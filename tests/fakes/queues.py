"""An ASGI application with SQS's JSON protocol, whose queues only keep messages."""

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agenticai.emulator.http.asgi import read_ahead
from agenticai.emulator.http.aws_errors import AwsError, build_error_answer
from agenticai.emulator.http.request import read_request

if TYPE_CHECKING:
    from collections.abc import Callable


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:000000000000:{name}"


class Queues:
    """Queues by name, each with its dead-letter queue's name; `asked` are the requests with the callers' tokens."""

    def __init__(self, **dead_letters: str | None) -> None:
        self.dead_letters = dead_letters
        self.messages: dict[str, list[dict[str, Any]]] = {name: [] for name in dead_letters}
        self.hidden: set[str] = set()
        self.asked: list[tuple[str, str | None]] = []
        self._count = 0
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]] = {
            "ListQueues": lambda _: {"QueueUrls": [f"http://sqs/{name}" for name in self.dead_letters]},
            "GetQueueUrl": self._url,
            "GetQueueAttributes": self._attributes,
            "ReceiveMessage": self._receive,
            "SendMessage": self._send,
            "DeleteMessage": self._delete,
            "ChangeMessageVisibility": self._show,
        }

    def put(self, queue: str, body: str, **attributes: str) -> None:
        """Add a message that was sent to the queue."""
        self._count += 1
        message_id = f"message-{self._count}"
        message = {"MessageId": message_id, "ReceiptHandle": message_id, "Body": body, "Attributes": attributes}
        self.messages[queue].append(message)

    def put_dead(self, queue: str, body: str, source: str, **attributes: str) -> None:
        """Add a message that SQS moved here from its source queue."""
        self.put(queue, body, DeadLetterQueueSourceArn=arn(source), **attributes)

    def bodies(self, queue: str) -> list[str]:
        return [message["Body"] for message in self.messages[queue]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_request(scope)
        body, _ = await read_ahead(receive)
        self.asked.append((body.decode(), request.session_token))
        operation = self._operations.get(request.headers.get("x-amz-target", "").rpartition(".")[2])
        result = operation(json.loads(body)) if operation else {}
        if result is None:
            missing = AwsError("QueueDoesNotExist", "The specified queue does not exist.")
            await build_error_answer(missing, request, "sqs", "id")(scope, receive, send)
        else:
            await Response(json.dumps(result), media_type="application/x-amz-json-1.0")(scope, receive, send)

    def _url(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        name = asked["QueueName"]
        return {"QueueUrl": f"http://sqs/{name}"} if name in self.dead_letters else None

    def _attributes(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        name = named(asked)
        if name not in self.dead_letters:
            return None
        attributes = {"QueueArn": arn(name), "ApproximateNumberOfMessages": str(len(self.messages[name]))}
        if dead := self.dead_letters[name]:
            attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 5})
        return {"Attributes": attributes}

    def _receive(self, asked: dict[str, Any]) -> dict[str, Any]:
        visible = [message for message in self.messages[named(asked)] if message["MessageId"] not in self.hidden]
        self.hidden |= {message["MessageId"] for message in visible[:1]}
        return {"Messages": visible[:1]} if visible else {}

    def _send(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.put(named(asked), asked["MessageBody"])
        message = self.messages[named(asked)][-1]
        message["sent"] = asked
        return {"MessageId": message["MessageId"]}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        queue = named(asked)
        self.messages[queue] = [one for one in self.messages[queue] if one["ReceiptHandle"] != asked["ReceiptHandle"]]
        return {}

    def _show(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.hidden.discard(asked["ReceiptHandle"])
        return {}


def named(asked: dict[str, Any]) -> str:
    """Return the queue in a request's URL."""
    return str(asked["QueueUrl"]).rpartition("/")[2]
