"""What was written for Weights & Biases, offline: its records, in wandb's own form.

An offline run is a log in LevelDB's format: after a header of seven bytes, blocks of 32 KiB with pieces of records,
each after its checksum, its length and its kind. A record is a message of wandb's own protocol.
"""

from __future__ import annotations

import json
import struct

import pytest

from charlm.loggers.destination import About
from charlm.loggers.measured import Measured

ABOUT = About("mine", {"model.cell": "lstm"}, 1000.0)


BLOCK, HEADER, PIECE = 32 * 1024, 7, struct.Struct("<IHB")
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def records(folder):
    """The records of each offline run, the oldest first."""
    from wandb.proto.wandb_internal_pb2 import Record

    for path in sorted(folder.glob("wandb/offline-run-*/*.wandb")):
        content, at, whole = path.read_bytes(), HEADER, b""
        assert content.startswith(b":W&B")
        while at + PIECE.size <= len(content):
            if BLOCK - at % BLOCK < PIECE.size:  # what is left of a block is filled
                at += BLOCK - at % BLOCK
                continue
            _, length, kind = PIECE.unpack_from(content, at)
            at += PIECE.size
            whole = (whole if kind in (MIDDLE, LAST) else b"") + content[at : at + length]
            at += length
            if kind in (FULL, LAST):
                yield Record.FromString(whole)


@pytest.mark.slow
def test_numbers_samples_and_settings_are_read_back(tmp_path):
    """Proves that two pushes are one offline run with each number once, under the steps of the training."""
    from charlm.loggers.to_wandb import ToWandb

    logger = ToWandb(tmp_path, "owls")
    run = logger.begin(ABOUT, "")
    logger.write([Measured(1, 0.5, {"train/bits": 2.5}, None), Measured(1, None, {}, "the <owl>")], [1000.5, 1000.5])
    logger.end(finished=False)
    again = ToWandb(tmp_path, "owls")
    assert again.has(run)
    assert not again.has("another")
    assert again.begin(ABOUT, run) == run
    again.write([Measured(3, 1.0, {"train/bits": 2.0}, None)], [1001.0])
    again.end(finished=True)
    found = list(records(tmp_path))
    rows = [
        {item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item}
        for record in found
        if record.WhichOneof("record_type") == "history"
    ]
    assert [(row["step"], row["train/bits"], row["time"]) for row in rows if "train/bits" in row] == [
        (1, 2.5, 1000.5), (3, 2.0, 1001.0),
    ]  # fmt: skip
    assert {record.run.run_id for record in found if record.WhichOneof("record_type") == "run"} == {run}
    assert {record.run.project for record in found if record.WhichOneof("record_type") == "run"} == {"owls"}
    (page,) = tmp_path.glob("wandb/offline-run-*/files/media/html/sample_*.html")
    assert "the &lt;owl&gt;" in page.read_text()
