"""Checkpoints as a stranger would forge them: each attack by what is wrong with the folder that it leaves."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from forging import (
    Attack,
    Payload,
    in_header,
    linked,
    numpy_pickle,
    odd,
    renamed,
    replace,
    reseal,
    sealed,
    set_in_body,
    tensors,
    with_arrays,
    zipped,
)
from safetensors.numpy import save as to_safetensors

from charlm.runs.folder import DESCRIPTION, MODEL, TRAINING

BIAS, HEAD = "head.bias", "head.weight"
INF = float("inf")
DEEP = b"[" * 100_000


def missing(name: str) -> Attack:
    return lambda folder: (folder / name).unlink()


def swapped_offsets(header: dict[str, Any]) -> None:
    header[BIAS]["data_offsets"], header[HEAD]["data_offsets"] = (
        header[HEAD]["data_offsets"], header[BIAS]["data_offsets"],
    )  # fmt: skip


def a_fifo(folder: Path) -> None:
    (folder / MODEL).unlink()
    os.mkfifo(folder / MODEL)


def a_folder(folder: Path) -> None:
    (folder / MODEL).unlink()
    (folder / MODEL).mkdir()


def doubled(folder: Path) -> None:
    content = (folder / DESCRIPTION).read_bytes()
    (folder / DESCRIPTION).write_bytes(content.replace(b'"step": 7', b'"step": 6,\n  "step": 7'))


def doubled_header(folder: Path) -> None:
    content = (folder / MODEL).read_bytes()
    length = int.from_bytes(content[:8], "little")
    text = b'{"head.bias":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},' + content[9 : 8 + length]
    (folder / MODEL).write_bytes(tensors(text, content[8 + length :]))
    reseal(folder)


def entry(**changed: Any) -> Attack:
    return in_header(lambda header: header[BIAS].update(changed))


ATTACKS: dict[str, Attack] = {
    "no description": missing(DESCRIPTION),
    "no model": missing(MODEL),
    "a model that is a FIFO": a_fifo,
    "a model that is a folder": a_folder,
    "a description that is a link": linked(DESCRIPTION, "/etc/passwd"),
    "a model that is a link": linked(MODEL, "/etc/passwd"),
    "a model that is a device": linked(MODEL, "/dev/zero"),
    "a description that the system makes": linked(DESCRIPTION, "/proc/self/maps"),
    "a model that the system makes": linked(MODEL, "/proc/self/maps"),
    "a model that is a link to itself": linked(MODEL, MODEL),
    "files under other folders": renamed,
    "an absolute file": set_in_body("files", to={"/etc/passwd": {"size": 1, "sha256": "0" * 64}}),
    "no files": set_in_body("files", to={}),
    "a negative size": set_in_body("files", MODEL, to={"size": -1, "sha256": "0" * 64}),
    "a size beyond all": set_in_body("files", MODEL, to={"size": 10**30, "sha256": "0" * 64}),
    "another sha256": set_in_body("files", MODEL, "sha256", to="0" * 64),
    "a sha256 that is none": set_in_body("files", MODEL, "sha256", to="../../etc/passwd"),
    "an empty description": replace(DESCRIPTION, b""),
    "a description of NULs": replace(DESCRIPTION, bytes(1000)),
    "a description that is a list": replace(DESCRIPTION, b"[]"),
    "a description that is a number": replace(DESCRIPTION, b"1"),
    "a body that is a list": replace(DESCRIPTION, sealed([])),
    "a description in UTF-16": replace(DESCRIPTION, '{"body": {}, "sha256": ""}'.encode("utf-16")),
    "a deep description": replace(DESCRIPTION, DEEP),
    "deep objects": replace(DESCRIPTION, b'{"a":' * 60_000),
    "a description of many lists": replace(DESCRIPTION, b"[" + b"[]," * 500_000 + b"[]]"),
    "a description of many keys": replace(
        DESCRIPTION, b"{" + b",".join(b'"%d":1' % number for number in range(500_000)) + b"}"
    ),
    "a long text with an emoji": replace(DESCRIPTION, b'{"body": "' + b"a" * 14_000_000 + b'\\ud83d\\ude00"}'),
    "a description of 17 MB": replace(DESCRIPTION, b" " * 17_000_000),
    "a huge number": replace(DESCRIPTION, b"9" * 100_000),
    "equal keys": doubled,
    "not a number": set_in_body("scores", "valid_nats", to=float("nan")),
    "another format": set_in_body("format", to=99),
    "a negative step": set_in_body("step", to=-1),
    "a step that is a text": set_in_body("step", to="7"),
    "an unknown key": set_in_body("surprise", to=1),
    "another cell": set_in_body("settings", "model", "cell", to="os.system"),
    "huge settings": set_in_body("settings", "model", "hidden_size", to=16_384),
    "settings beyond the limits": set_in_body("settings", "model", "hidden_size", to=10**9),
    "more layers than there are": set_in_body("settings", "model", "num_layers", to=64),
    "an unsorted vocabulary": set_in_body("vocabulary", "symbols", to="ba"),
    "a repeated vocabulary": set_in_body("vocabulary", "symbols", to="aab"),
    "an empty vocabulary": set_in_body("vocabulary", "symbols", to=""),
    "a vocabulary of another size": set_in_body("vocabulary", "symbols", to=" ab"),
    "a vocabulary that is a list": set_in_body("vocabulary", to=["a", "b"]),
    "a vocabulary of surrogates": set_in_body("vocabulary", "symbols", to="\ud800\ud801"),
    "a unit that is none": set_in_body("vocabulary", "unit", to="word"),
    "an empty model": replace(MODEL, b""),
    "a model of seven bytes": replace(MODEL, b"1234567"),
    "a header of no length": replace(MODEL, tensors(b"")),
    "a header longer than the file": replace(MODEL, tensors({}, length=10**6)),
    "a header of 2**63": replace(MODEL, tensors({}, length=2**63)),
    "a header of 2**64 - 1": replace(MODEL, tensors({}, length=2**64 - 1)),
    "a header that is no JSON": replace(MODEL, tensors(b"{nothing}")),
    "a header that is a list": replace(MODEL, tensors([])),
    "a header that is null": replace(MODEL, tensors(None)),
    "a deep header": replace(MODEL, tensors(DEEP[:4000])),
    "a header of lists": replace(MODEL, tensors(b"[" + b"[]," * 300 + b"[]]")),
    "equal keys in the header": doubled_header,
    "a pickle": replace(MODEL, pickle.dumps(Payload())),
    "a pickle in a zip, as torch writes": replace(MODEL, zipped()),
    "a pickle of numpy's": replace(MODEL, numpy_pickle()),
    "a pickle as the description": replace(DESCRIPTION, pickle.dumps(Payload())),
    "an array too many": with_arrays(extra=np.zeros(3, np.float32)),
    "an array too few": with_arrays(head__bias=None),
    "a name that leads out": in_header(lambda header: header.update({"../../out": header.pop(BIAS)})),
    "a wrong shape": with_arrays(head__bias=np.zeros(5, np.float32)),
    "a shape turned round": with_arrays(head__weight=np.zeros((8, 6), np.float32)),
    "float64": with_arrays(head__bias=np.zeros(6, np.float64)),
    "float16": with_arrays(head__bias=np.zeros(6, np.float16)),
    "integers": with_arrays(head__bias=np.zeros(6, np.int32)),
    "a dtype that is none": entry(dtype="PICKLE"),
    "a dtype that is a list": entry(dtype=["F32"]),
    "a huge shape": entry(shape=[2**40]),
    "a negative shape": entry(shape=[-6]),
    "a shape that is a text": entry(shape="6"),
    "a shape of fractions": entry(shape=[6.5]),
    "a shape of many ones": entry(shape=[1] * 5000 + [6]),
    "an entry without a shape": in_header(lambda header: header[BIAS].pop("shape") and None),
    "an entry that is a number": in_header(lambda header: header.update({BIAS: 1})),
    "overlapping offsets": in_header(lambda header: header[BIAS].update(data_offsets=[0, 24])),
    "swapped offsets": in_header(swapped_offsets),
    "offsets beyond the file": entry(data_offsets=[10**9, 10**9 + 24]),
    "negative offsets": entry(data_offsets=[-24, 0]),
    "offsets turned round": entry(data_offsets=[24, 0]),
    "offsets of 2**64": entry(data_offsets=[2**64 - 24, 2**64]),
    "bytes after the arrays": in_header(lambda header: None, more=b"more"),
    "metadata that is a list": in_header(lambda header: header.update({"__metadata__": [1]})),
    "NaN": with_arrays(head__bias=odd(BIAS, float("nan"))),
    "infinity": with_arrays(head__weight=odd(HEAD, INF)),
    "minus infinity": with_arrays(embedding__weight=odd("embedding.weight", -INF)),
}
# Of the training's file, which only `charlm train --resume` opens.
ON_TRAINING: dict[str, Attack] = {
    "no training": missing(TRAINING),
    "an empty training": replace(TRAINING, b""),
    "a pickle as the training": replace(TRAINING, pickle.dumps(Payload())),
    "a training header of 2**63": replace(TRAINING, tensors({}, length=2**63)),
    "a training header of lists": replace(TRAINING, tensors(b"[" + b"[]," * 300_000 + b"[]]")),
    "a training that is a link": linked(TRAINING, "/dev/zero"),
    "a training with NaN": replace(TRAINING, to_safetensors({"step": np.array([float("nan")])})),
    "a huge shape in the training": replace(
        TRAINING, tensors({"a": {"dtype": "F32", "shape": [2**60], "data_offsets": [0, 4]}}, b"1234")
    ),
}
