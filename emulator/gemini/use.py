"""Counts calls and tokens of each language model, and defines the control API's routes below `model/`."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agenticai.emulator.core.bench_records import Answers, ModelCalls, ModelUse, StoredAnswer, StoredRequest
from agenticai.emulator.core.model_records import CallsRequest, MissedReply, ModelExchange, ReplyRequest
from agenticai.emulator.gemini.canonical import CanonicalRequest, parse_canonical_request
from agenticai.emulator.gemini.journal import Journal
from agenticai.emulator.gemini.written_replies import NotStored, WrittenReplies
from agenticai.emulator.http.json_bodies import answer_with, answer_with_all, read_body

MISSED = TypeAdapter(tuple[MissedReply, ...])


@dataclass
class _Counts:
    calls: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0


class ModelBook:
    """Counts the endpoint's answers by model."""

    def __init__(self, answers: Answers, served: str = "") -> None:
        """Begin to count; `served` is the name of the model that answers, whichever one requests name."""
        self._answers: Answers = answers
        self._served = served
        self._counts: dict[str, _Counts] = defaultdict(_Counts)

    def count(self, call: ModelExchange) -> None:
        """Count a call, with the tokens that its answer reports."""
        counts = self._counts[self._served or call.model]
        counts.calls += 1
        counts.errors += call.status != 200
        counts.prompt_tokens += call.prompt_tokens
        counts.output_tokens += call.output_tokens

    def report_use(self) -> ModelUse:
        """Return the counts, sorted by the models' names."""
        models = (ModelCalls(model=model, **vars(counts)) for model, counts in sorted(self._counts.items()))
        return ModelUse(answers=self._answers, served=self._served, models=tuple(models))


def build_model_routes(
    book: ModelBook,
    journal: Journal,
    stored: Callable[[CanonicalRequest], bool],
    written: WrittenReplies | None,
) -> list[Route]:
    """Return the routes that `ControlClient` calls; `written` is given if only stored replies are used."""

    async def read_use(_: Request) -> Response:
        return answer_with(book.report_use())

    async def list_stored(request: Request) -> Response:
        body = await read_body(request, StoredRequest)
        requests = [parse_canonical_request(entry.model, entry.body) for entry in body.requests]
        return answer_with(StoredAnswer(stored=tuple(map(stored, requests))))

    async def list_calls(request: Request) -> Response:
        return answer_with(journal.list_since(CallsRequest.model_validate(dict(request.query_params)).since))

    async def list_missed(_: Request) -> Response:
        return answer_with_all(MISSED, await asyncio.to_thread(written.list_missed) if written else ())

    async def store_reply(request: Request) -> Response:
        reply = await read_body(request, ReplyRequest)
        if written is None:
            return PlainTextResponse("This engine asks the model itself, so no reply is missing.", status_code=409)
        try:
            return answer_with(await asyncio.to_thread(written.store, reply))
        except NotStored as error:
            return PlainTextResponse(str(error), status_code=409)

    return [
        Route("/model/use", read_use),
        Route("/model/stored", list_stored, methods=["POST"]),
        Route("/model/calls", list_calls),
        Route("/model/missed", list_missed),
        Route("/model/replies", store_reply, methods=["POST"]),
    ]
