from __future__ import annotations

import json

from charlm.display.output import print_columns, print_json


def test_rows_stand_in_columns(capsys):
    print_columns([("name", "bytes"), ("a", "12"), ("longer", "3")])
    assert capsys.readouterr().out.splitlines() == ["name    bytes", "a       12", "longer  3"]


def test_json_is_one_object_that_reads_back(capsys):
    print_json({"text": "é\x1b[2J", "none": None})
    assert json.loads(capsys.readouterr().out) == {"text": "é\x1b[2J", "none": None}
