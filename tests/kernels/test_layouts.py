"""The structures of library.py are compared with those in C. A mistake would have the kernels write anywhere."""

from __future__ import annotations

import importlib
from ctypes import Structure, c_int, c_int64

import pytest

from charlm.kernels import StreamDraw, library
from charlm.kernels.choosing import choice
from charlm.kernels.library import STRUCTURES, compare_layouts

found = library()
if found is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)


def changed(structure: type[Structure], fields: list[tuple]) -> type[Structure]:
    return type(structure.__name__, (Structure,), {"_fields_": fields})


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda each: each.__name__)
def test_a_field_too_many_or_too_few_is_found(structure: type[Structure]) -> None:
    fields = list(structure._fields_)
    compare_layouts(found, (changed(structure, fields),))
    for wrong in (fields[1:], fields[:-1], [("another", c_int64), *fields], [*fields, ("another", c_int64)]):
        with pytest.raises(RuntimeError, match=rf"does not repeat the C struct {structure.__name__}:"):
            compare_layouts(found, (changed(structure, wrong),))


def test_a_field_that_fits_into_the_padding_is_found() -> None:
    longer = changed(StreamDraw, [*StreamDraw._fields_, ("another", c_int)])
    with pytest.raises(RuntimeError, match="StreamDraw"):
        compare_layouts(found, (longer,))


def test_loading_compares_them(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("charlm.kernels.library")

    def refuse(found: object) -> None:
        raise RuntimeError("compared")

    monkeypatch.setattr(module, "compare_layouts", refuse)
    with pytest.raises(RuntimeError, match="compared"):
        module.library_of.__wrapped__(choice().level)
