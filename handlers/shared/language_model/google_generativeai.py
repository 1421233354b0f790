"""The language model port with Google's older `google-generativeai` SDK, over REST; used only if configured.

The SDK is no longer supported and its version is pinned, so that the internals used here (a model's client and its
HTTP session) do not change.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

from shared.language_model.gemini_wire import make_error, read_reply
from shared.language_model.port import ModelUnavailable, ModelUnusable, Prompt, Remaining, Reply, get_call_seconds

if TYPE_CHECKING:
    import requests

# Keywords that the SDK's Schema supports under the same name; the reply's validation checks the others.
_SAME: Final = frozenset({"type", "description", "enum", "required", "nullable"})
_RENAMED: Final = {"minItems": "min_items", "maxItems": "max_items"}


class GoogleGenerativeaiModel:
    """Gemini through the Developer API's `generateContent`; one attempt per call."""

    def __init__(self, api_key: str, model: str, endpoint: str | None = None) -> None:
        self._api_key = api_key
        self._model = model
        self._endpoint = endpoint
        self._connected: Any = None

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        answered = self._ask(prompt, get_call_seconds(remaining))
        if answered.status != 200:
            raise make_error(answered.status, answered.body, answered.retry_after) from answered
        return read_reply(answered.body)

    def _ask(self, prompt: Prompt, seconds: float) -> "_Answered":
        client = self._connect()
        import google.generativeai as genai
        from google.auth.exceptions import TransportError
        from requests import RequestException

        model = genai.GenerativeModel(
            self._model, system_instruction=prompt.system, generation_config=_make_config(prompt)
        )
        model._client = client
        try:
            model.generate_content(prompt.text, request_options={"timeout": seconds, "retry": None})
        except _Answered as answered:
            return answered
        except (RequestException, TransportError, TimeoutError, ConnectionError) as error:
            raise ModelUnavailable(f"the model did not answer: {type(error).__name__}") from error
        raise AssertionError("the SDK read an answer that should have been taken from it")

    def _connect(self) -> Any:
        """Return this model's own client: the SDK keeps only the latest."""
        if self._connected is None:
            try:
                from google import generativeai as genai
                from google.generativeai.client import get_default_generative_client
            except ImportError as error:
                raise ModelUnusable(
                    "MODEL_ADAPTER is google-generativeai, but this function has no such package: add it to the"
                    " function's requirements.txt and deploy again"
                ) from error
            options = {"api_endpoint": self._endpoint} if self._endpoint else None
            genai.configure(api_key=self._api_key, transport="rest", client_options=options)
            self._connected = get_default_generative_client()
            self._connected.transport._session.hooks["response"].append(_raise_answered)
        return self._connected


class _Answered(Exception):
    """Carries an answer past the SDK, whose types drop unknown fields, such as the mark of a thought."""

    def __init__(self, response: "requests.Response") -> None:
        super().__init__(f"HTTP status {response.status_code}")
        self.status = response.status_code
        self.body = response.content.decode("utf-8", errors="replace")
        self.retry_after = response.headers.get("retry-after", "")


def _raise_answered(response: "requests.Response", *args: object, **options: object) -> NoReturn:
    raise _Answered(response)


def _make_config(prompt: Prompt) -> dict[str, Any]:
    if prompt.schema is None:
        return {}
    schema = make_response_schema(prompt.schema, prompt.schema.get("$defs", {}))
    return {"response_mime_type": "application/json", "response_schema": schema}


def make_response_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a JSON schema that the SDK supports, with references resolved; recursion is not supported."""
    if "$ref" in schema:
        named = definitions[schema["$ref"].rpartition("/")[2]]
        return make_response_schema(
            {**named, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions
        )
    if "anyOf" in schema:
        first = next(option for option in schema["anyOf"] if option.get("type") != "null")
        nullable = any(option.get("type") == "null" for option in schema["anyOf"])
        return make_response_schema(first, definitions) | ({"nullable": True} if nullable else {})
    subset = {key: value for key, value in schema.items() if key in _SAME}
    subset |= {name: schema[key] for key, name in _RENAMED.items() if key in schema}
    if "items" in schema:
        subset["items"] = make_response_schema(schema["items"], definitions)
    if "properties" in schema:
        subset["properties"] = {
            key: make_response_schema(value, definitions) for key, value in schema["properties"].items()
        }
    return subset
