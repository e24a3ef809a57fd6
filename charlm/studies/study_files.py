"""Where studies are found, and how one is read and written as YAML. Knows no trial."""

from __future__ import annotations

from pathlib import Path

from charlm.config.presets import is_file_name, presets_in, read_config
from charlm.config.stored import inline_yaml
from charlm.config.suggestions import suggestion
from charlm.config.yaml_reading import Document, read_yaml
from charlm.errors import UsageError
from charlm.studies.study import Study
from charlm.studies.validation import validate_document

REMEDY = "A study has name, question, base, variants, baseline, seeds and budget; see configs/studies."


def bundled_studies() -> dict[str, Path]:
    """The files of the studies that come with charlm, by name."""
    return presets_in("studies")


def open_study(name_or_file: str) -> Study:
    """The bundled study of that name, or the study in that file. Raises UsageError."""
    if is_file_name(name_or_file):
        return study_from(read_config(Path(name_or_file), name_or_file), name_or_file)
    found = bundled_studies()
    if name_or_file not in found:
        hint = suggestion(name_or_file, found)
        listed = f"Studies: {', '.join(found)}; or give a file whose name ends in .yaml."
        raise UsageError(f"There is no study {name_or_file[:80]}", "study", f"{hint} {listed}".strip())
    return study_from(read_config(found[name_or_file], f"study {name_or_file}"), f"study {name_or_file}")


def read_study(path: Path) -> Study:
    """The study in a study's folder. Raises UsageError."""
    return study_from(read_config(path, str(path)), str(path))


def study_from(document: Document, source: str) -> Study:
    """The study in a YAML document. Raises UsageError."""
    return validate_document(Study, document, source, "study", REMEDY)


def to_yaml(study: Study) -> str:
    """The study as YAML that reads back as the same study, one variant or level a line."""
    lines = []
    for key, value in study.model_dump(mode="json", exclude_none=True).items():
        if key in ("variants", "base") and value:
            lines += [f"{key}:", *(f"  {inline_yaml(name)}: {inline_yaml(inner)}" for name, inner in value.items())]
        elif key == "factors" and value:
            lines.append("factors:")
            for factor, levels in value.items():
                lines.append(f"  {inline_yaml(factor)}:")
                lines += [f"    {inline_yaml(level)}: {inline_yaml(inner)}" for level, inner in levels.items()]
        else:
            lines.append(f"{key}: {inline_yaml(value)}")
    text = "\n".join(lines) + "\n"
    read_yaml(text.encode(), study.name)  # a study that cannot be read back must fail now, not when it is resumed
    return text
