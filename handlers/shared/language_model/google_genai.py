"""The language model port with Google's `google-genai` SDK."""

from typing import TYPE_CHECKING, Any

from shared.language_model.gemini_wire import make_error, read_reply
from shared.language_model.port import ModelUnavailable, Prompt, Remaining, Reply, get_call_seconds

if TYPE_CHECKING:
    from google.genai import Client, types


class GoogleGenaiModel:
    """Gemini through the Developer API's `generateContent`; one attempt per call."""

    def __init__(self, api_key: str, model: str, endpoint: str | None = None) -> None:
        self._api_key = api_key
        self._model = model
        self._endpoint = endpoint
        self._connected: Client | None = None

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        seconds = get_call_seconds(remaining)
        # Imported and created on first use: the SDK takes most of a second of a cold start.
        from google.genai import errors
        from httpx2 import HTTPError

        client, config = self._connect(), _make_config(prompt, seconds)
        try:
            response = client.models.generate_content(model=self._model, contents=prompt.text, config=config)
        except errors.APIError as error:
            answer: Any = error.response  # a response of httpx2, as the client is synchronous
            raise make_error(error.code, answer.text, answer.headers.get("retry-after", "")) from error
        except (HTTPError, TimeoutError, ConnectionError) as error:
            raise ModelUnavailable(f"the model did not answer: {type(error).__name__}") from error
        except UnicodeError as error:
            raise ModelUnavailable("the model's answer could not be read") from error
        body = response.sdk_http_response.body if response.sdk_http_response else None
        return read_reply(body or "")

    def _connect(self) -> "Client":
        if self._connected is None:
            from google.genai import Client, types

            self._connected = Client(api_key=self._api_key, http_options=types.HttpOptions(base_url=self._endpoint))
        return self._connected


def _make_config(prompt: Prompt, seconds: float) -> "types.GenerateContentConfig":
    from google.genai import types

    response_config: dict[str, Any] = {}
    if prompt.schema is not None:
        response_config = {"response_mime_type": "application/json", "response_json_schema": dict(prompt.schema)}
    return types.GenerateContentConfig(
        system_instruction=prompt.system,
        http_options=types.HttpOptions(timeout=max(1, int(seconds * 1000))),
        should_return_http_response=True,
        **response_config,
    )
