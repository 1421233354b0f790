"""An OpenAPI document as a page: operations by tag, their inputs and answers, and the schemas."""

import json
from typing import Any

from api_handler.page import render

SHAPE = {"$ref": "#/components/schemas/Song"}
READ: dict[str, Any] = {
    "tags": ["songs"],
    "operationId": "readSong",
    "summary": "One <song>.",
    "description": "By its id & its year.",
    "security": [],
    "parameters": [
        {"name": "id", "in": "path", "required": True, "description": "which & of whom", "schema": {}},
        {"name": "year", "in": "query", "description": "when", "schema": {}},
    ],
    "responses": {
        "404": {"description": "none"},
        "200": {"description": "the song", "content": {"application/json": {"schema": SHAPE}, "text/plain": {}}},
    },
}
STORE: dict[str, Any] = {
    "tags": ["songs"],
    "operationId": "store",
    "summary": "Store it.",
    "requestBody": {"description": "words", "content": {"text/plain": {"schema": {"type": "string"}}}},
    "responses": {"204": {"description": ""}},
}
LIST: dict[str, Any] = {"tags": ["lists"], "operationId": "list", "summary": "All.", "responses": {}}
DOCUMENT = {
    "info": {"title": "Songs & more", "description": "Of <all> kinds."},
    "paths": {"/songs/{id}": {"get": READ, "put": STORE}, "/lists": {"get": LIST}},
    "components": {"schemas": {"Song": {"type": "object", "title": "Söng <1>"}}},
}


def test_it_says_all_that_the_document_says_and_nothing_of_it_is_markup() -> None:
    page = render(json.dumps(DOCUMENT))
    assert "<title>Songs &amp; more</title>" in page
    assert "Of &lt;all&gt; kinds." in page
    read = (
        '<details id="readSong"><summary><b>GET</b> <code>/songs/{id}</code> - One &lt;song&gt;. <small>open</small>'
        "</summary><p>By its id &amp; its year.</p><h4>Parameters</h4><table>"
        "<tr><td><code>id</code><td>path, required<td>which &amp; of whom"
        "<tr><td><code>year</code><td>query<td>when</table><h4>Answers</h4><table>"
        '<tr><td>200<td>the song<td><a href="#Song">Song</a>, <tr><td>404<td>none<td></table></details>'
    )
    store = (
        '<details id="store"><summary><b>PUT</b> <code>/songs/{id}</code> - Store it.</summary><h4>Body</h4><table>'
        "<tr><td><td>words<td>string</table><h4>Answers</h4><table><tr><td>204<td><td></table></details>"
    )
    listed = '<details id="list"><summary><b>GET</b> <code>/lists</code> - All.</summary></details>'
    assert f"<h2>songs</h2>\n{read}\n{store}\n<h2>lists</h2>\n{listed}" in page
    schema = json.dumps({"type": "object", "title": "Söng &lt;1&gt;"}, indent=2, ensure_ascii=False)
    schema = schema.replace('"', "&quot;")
    assert f'<details id="Song"><summary><code>Song</code></summary><pre>{schema}</pre></details>' in page
