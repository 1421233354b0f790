"""How the language model was used: calls and tokens of each model, and the control API's routes below `model/`."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agenticai.emulator.core.bench_records import Answers, ModelCalls, ModelUse, StoredAnswer, StoredRequest
from agenticai.emulator.gemini.canonical import CanonicalRequest, canonical_request
from agenticai.emulator.http.json_bodies import answer, asked


@dataclass
class _Counts:
    calls: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0


class ModelBook:
    """Counts what the endpoint answered, by model."""

    def __init__(self, answers: Answers) -> None:
        self._answers: Answers = answers
        self._counts: dict[str, _Counts] = defaultdict(_Counts)

    def count(self, model: str, answer: Response) -> None:
        """Count an answer, with the tokens that it says it used."""
        counts = self._counts[model]
        counts.calls += 1
        counts.errors += answer.status_code != 200
        used = _usage(bytes(answer.body))
        counts.prompt_tokens += used("promptTokenCount")
        counts.output_tokens += used("candidatesTokenCount") + used("thoughtsTokenCount")

    def use(self) -> ModelUse:
        """What was counted, by the models' names."""
        models = (ModelCalls(model=model, **vars(counts)) for model, counts in sorted(self._counts.items()))
        return ModelUse(answers=self._answers, models=tuple(models))


def _usage(body: bytes) -> Callable[[str], int]:
    """The counters of an answer's usageMetadata (https://ai.google.dev/api/generate-content), 0 where one is absent."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    usage: Any = answer.get("usageMetadata") if isinstance(answer, dict) else None
    fields = usage if isinstance(usage, dict) else {}
    return lambda name: fields[name] if isinstance(fields.get(name), int) else 0


def model_routes(book: ModelBook, stored: Callable[[CanonicalRequest], bool]) -> list[Route]:
    """Return the routes that `ControlClient.model` and `ControlClient.stored_replies` call."""

    async def use(_: Request) -> Response:
        return answer(book.use())

    async def known(request: Request) -> Response:
        wanted = await asked(request, StoredRequest)
        requests = [canonical_request(one.model, one.body) for one in wanted.requests]
        return answer(StoredAnswer(stored=tuple(map(stored, requests))))

    return [Route("/model/use", use), Route("/model/stored", known, methods=["POST"])]
