"""Merges layers into the functions that use them, for a target that accepts layers but does not mount them."""

from __future__ import annotations

import copy
import hashlib
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from agenticai.stack import archive
from agenticai.stack.packaging import Bundle
from agenticai.stack.template import Template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from agenticai.stack.packaging import Bundles

FUNCTIONS: Final = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})

SEARCHED: Final = ("python/", "nodejs/")
"""A layer's folders in which runtimes look for modules.

See https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html. Their content is merged into the root of the
function's code, where modules are found too; the rest of a layer keeps its paths.
"""


def fold_layers(template: Template, bundles: Bundles) -> tuple[Template, Bundles]:
    """Return the template without the functions' own layers, and bundles that include the layers' content.

    A function's own files override those of its layers, and a layer those of earlier layers, as on Lambda. Layers that
    the template names by an ARN are not changed.
    """
    layers = {artifact.id: _list_layers(template, artifact.id, artifact.layers) for artifact in template.artifacts}
    folded = {
        id_: _fold(bundle, [bundles[layer].path for layer in layers.get(id_, ())]) for id_, bundle in bundles.items()
    }
    return _remove_layers(template, bundles.keys()), folded


def _list_layers(template: Template, function: str, known: frozenset[str]) -> Sequence[str]:
    """Return the layers of a function in the template's order, in which later layers override earlier ones."""
    global_layers = template.document.get("Globals", {}).get("Function", {}).get("Layers", [])
    function_layers = (template.document["Resources"].get(function, {}).get("Properties") or {}).get("Layers") or []
    return [name for name in map(_find_logical_id, [*global_layers, *function_layers]) if name in known]


def _fold(bundle: Bundle, layers: Sequence[Path]) -> Bundle:
    if not layers:
        return bundle
    digest = hashlib.sha256("\0".join(map(archive.hash_file, [bundle.path, *layers])).encode()).hexdigest()[:32]
    path = bundle.path.with_name(f"{bundle.name}-folded-{digest}.zip")
    if not path.exists():
        archive.replace(path, lambda temporary: _write(temporary, [*layers, bundle.path]))
    return replace(Bundle.of(bundle.name, path), nested=bundle.nested)


def _write(path: Path, sources: Sequence[Path]) -> None:
    entries: dict[str, tuple[zipfile.ZipInfo, bytes]] = {}
    for source in sources:
        is_layer = source != sources[-1]
        with zipfile.ZipFile(source) as source_zip:
            for entry in source_zip.infolist():
                entry_name = _remove_search_folder(entry.filename) if is_layer else entry.filename
                target_entry = copy.copy(entry)
                target_entry.filename = entry_name
                entries[entry_name] = target_entry, source_zip.read(entry)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target_zip:
        for _, (entry, content) in sorted(entries.items()):
            target_zip.writestr(entry, content, compresslevel=6)


def _remove_search_folder(name: str) -> str:
    return next((name.removeprefix(folder) for folder in SEARCHED if name.startswith(folder)), name)


def _remove_layers(template: Template, known: Collection[str]) -> Template:
    document = copy.deepcopy(template.document)
    for properties in _list_functions(document):
        if "Layers" in properties:
            properties["Layers"] = [layer for layer in properties["Layers"] if _find_logical_id(layer) not in known]
            if not properties["Layers"]:
                del properties["Layers"]
    return Template(template.path, document)


def _list_functions(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document.get("Globals", {}).get("Function", {})
    for resource in document["Resources"].values():
        if resource.get("Type") in FUNCTIONS:
            yield resource.get("Properties") or {}


def _find_logical_id(layer: object) -> str:
    """Return the logical id of a layer; empty for an ARN."""
    return str(layer["Ref"]) if isinstance(layer, dict) and "Ref" in layer else ""
