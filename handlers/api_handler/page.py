"""The OpenAPI document as an HTML page: one file, no scripts, nothing loaded from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from importlib import resources
from string import Template
from typing import Any


def render(document: str) -> str:
    """Return an HTML page for an OpenAPI document in JSON."""
    api = json.loads(document)
    page = Template(resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(api["info"]["title"]),
        description=escape(api["info"]["description"]),
        operations="\n".join(_render_sections(api)),
        schemas="\n".join(_render_schema(name, schema) for name, schema in api["components"]["schemas"].items()),
    )


def _render_sections(api: dict[str, Any]) -> Iterator[str]:
    sections: dict[str, list[str]] = {}
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            sections.setdefault(operation["tags"][0], []).append(_render_operation(method, path, operation))
    for tag, operations in sections.items():
        yield f"<h2>{escape(tag)}</h2>\n" + "\n".join(operations)


def _render_operation(method: str, path: str, operation: dict[str, Any]) -> str:
    badge = " <small>open</small>" if operation.get("security") == [] else ""
    parts = [f"<p>{escape(operation['description'])}</p>" if "description" in operation else ""]
    parts += [_render_table("Parameters", map(_render_parameter, operation.get("parameters", [])))]
    parts += [
        _render_table("Body", [_render_content("", operation["requestBody"])]) if "requestBody" in operation else ""
    ]
    parts += [
        _render_table(
            "Answers", [_render_content(status, answer) for status, answer in sorted(operation["responses"].items())]
        )
    ]
    summary = f"<b>{method.upper()}</b> <code>{escape(path)}</code> - {escape(operation['summary'])}{badge}"
    return f'<details id="{escape(operation["operationId"])}"><summary>{summary}</summary>{"".join(parts)}</details>'


def _render_table(title: str, rows: Any) -> str:
    body = "".join(rows)
    return f"<h4>{title}</h4><table>{body}</table>" if body else ""


def _render_parameter(parameter: dict[str, Any]) -> str:
    location = parameter["in"] + (", required" if parameter.get("required") else "")
    description = escape(parameter["description"])
    return f"<tr><td><code>{escape(parameter['name'])}</code><td>{location}<td>{description}"


def _render_content(status: str, answer: dict[str, Any]) -> str:
    shapes = ", ".join(_render_shape(media.get("schema", {})) for media in answer.get("content", {}).values())
    return f"<tr><td>{status}<td>{escape(answer.get('description', ''))}<td>{shapes}"


def _render_shape(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    return escape(str(schema.get("type", "")))


def _render_schema(name: str, schema: dict[str, Any]) -> str:
    text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
    return f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{text}</pre></details>'
