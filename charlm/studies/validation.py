"""From a YAML document to a checked section, or to one UsageError with the line of what is wrong. Knows no study."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from charlm.config.settings import Section
from charlm.config.suggestions import suggestion
from charlm.config.yaml_reading import Document
from charlm.errors import UsageError

Checked = TypeVar("Checked", bound=Section)


def validate_document(model: type[Checked], document: Document, source: str, noun: str, remedy: str) -> Checked:
    """The document as a `model`, which messages call `noun`. Raises UsageError."""
    if not isinstance(document.value, dict):
        raise UsageError(f"{source} holds no {noun}", source, remedy)
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise _refusal(error, model, document, source, noun, remedy) from None


def _refusal(
    error: ValidationError, model: type[Section], document: Document, source: str, noun: str, remedy: str
) -> UsageError:
    """The first problem. An unknown key comes first: it may be the misspelling of a key that seems to be missing."""
    wrong = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")[0]
    path = tuple(str(part) for part in wrong["loc"])
    line = next((document.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in document.lines), None)
    where = f"{source} line {line}" if line else source
    name = ".".join(path)
    if wrong["type"] == "extra_forbidden":
        hint = suggestion(path[-1], list(_section_at(model, path[:-1]).model_fields))
        return UsageError(f"A {noun} has no {name[:60]}", where, hint or remedy)
    if wrong["type"] == "missing":
        return UsageError(f"The {noun} lacks {name}", source, remedy)
    if wrong["type"] == "value_error":
        what, _, advice = str(wrong["ctx"]["error"]).partition(". ")
        return UsageError(what, where, advice or remedy)
    return UsageError(f"{name[:60]} cannot be used: {wrong['msg']}", where, remedy)


def _section_at(model: type[BaseModel], path: tuple[str, ...]) -> type[BaseModel]:
    """The section that a path leads to; `Section | None` counts as the section."""
    for name in path:
        field = model.model_fields.get(name)
        kinds = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return model
