"""Elements of a page, built so that whatever is put into one is escaped."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

Content = Element | str | None


def tag(name: str, *content: Content | Iterable[Content], **attributes: object) -> Element:
    """An element with its content in order; None is nothing. `class_` is class, and `stroke_width` stroke-width."""
    element = Element(name, {key.rstrip("_").replace("_", "-"): _text(value) for key, value in attributes.items()})
    for part in content:
        for member in [part] if part is None or isinstance(part, str | Element) else part:
            _append(element, member)
    return element


def _append(element: Element, part: Content) -> None:
    if isinstance(part, Element):
        element.append(part)
    elif part and len(element):
        element[-1].tail = (element[-1].tail or "") + part
    elif part:
        element.text = (element.text or "") + part


def html(elements: Iterable[Element]) -> str:
    """The elements as HTML; SVG among them stays SVG."""
    return "\n".join(tostring(element, encoding="unicode", method="html") for element in elements)


def _text(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
