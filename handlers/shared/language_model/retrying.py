"""Retries a call to the model within one invocation, so that a short failure does not cost a redelivery by SQS."""

from collections.abc import Callable
from typing import Final

from shared.language_model.port import RESERVE_SECONDS, LanguageModel, ModelUnavailable, Prompt, Remaining, Reply

MAX_ATTEMPTS: Final = 5
FIRST_DELAY_SECONDS: Final = 1.0
MAX_DELAY_SECONDS: Final = 70.0
"""The longest wait before a retry: RetryInfo for a quota per minute is up to one minute."""

MIN_CALL_SECONDS: Final = 30.0
"""The minimum time left for another attempt."""

Wait = Callable[[float], None]
"""Waits for a number of seconds, as `time.sleep` does."""


class RetryingModel:
    """Retries a model while it is unavailable and time remains.

    It waits as long as the model says (RetryInfo), else with exponential backoff and full jitter: a `chance` between 0
    and 1 of a delay that doubles (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
    """

    def __init__(self, model: LanguageModel, wait: Wait, chance: Callable[[], float]) -> None:
        self._model = model
        self._wait = wait
        self._random = chance

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        attempt = 1
        while True:
            try:
                return self._model.generate(prompt, remaining)
            except ModelUnavailable as fault:
                delay = fault.after if fault.after is not None else self._calculate_backoff(attempt)
                has_time = remaining() - delay - RESERVE_SECONDS >= MIN_CALL_SECONDS
                if attempt == MAX_ATTEMPTS or delay > MAX_DELAY_SECONDS or not has_time:
                    raise
            self._wait(delay)
            attempt += 1

    def _calculate_backoff(self, attempt: int) -> float:
        return self._random() * min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * float(2**attempt))
