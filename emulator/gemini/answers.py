"""Answers in the shapes of Google's APIs."""

import math

from starlette.responses import JSONResponse

from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import FoundReply

CHARACTERS_PER_TOKEN = 4  # https://ai.google.dev/gemini-api/docs/tokens; used if a cassette has no counts


def replay(request: CanonicalRequest, found: FoundReply) -> JSONResponse:
    """Return the stored reply in the shape of GenerateContentResponse."""
    reply = found.stored.cassette.reply
    if reply.body is not None:
        return JSONResponse(reply.body, status_code=reply.status)
    text = found.text
    prompt_tokens = reply.usage.prompt_tokens if reply.usage else math.ceil(len(request.text) / CHARACTERS_PER_TOKEN)
    output_tokens = reply.usage.output_tokens if reply.usage else math.ceil(len(text) / CHARACTERS_PER_TOKEN)
    candidate = {
        "content": {"role": "model", "parts": [{"text": text}]},
        "finishReason": reply.finish_reason,
        "index": 0,
    }
    usage = {
        "promptTokenCount": prompt_tokens,
        "candidatesTokenCount": output_tokens,
        "totalTokenCount": prompt_tokens + output_tokens,
    }
    return JSONResponse({"candidates": [candidate], "usageMetadata": usage, "modelVersion": request.model})
