"""What was written for TensorBoard, read by TensorBoard's own reader."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from charlm.loggers.destination import About
from charlm.loggers.measured import Measured
from charlm.loggers.to_tensorboard import ToTensorBoard


def test_numbers_samples_and_settings_are_read_back(tmp_path):
    board = ToTensorBoard(tmp_path)
    assert not board.has("mine")
    name = board.begin(About("mine", {"model.cell": "lstm", "model.hidden_size": "8"}, 1000.0), "")
    board.write([Measured(1, 0.5, {"train/bits": 2.5, "train/learning_rate": 0.01}, None)], [1000.5])
    board.write([Measured(2, None, {}, "the owl\nsat <b>")], [1000.5])
    board.end(finished=True)
    assert (name, board.has("mine")) == ("mine", True)
    again = ToTensorBoard(tmp_path)
    again.begin(About("mine", {"model.cell": "lstm"}, 1000.0), "mine")
    again.write([Measured(3, 1.0, {"train/bits": 2.0}, None)], [1001.0])
    again.end(finished=True)
    reader = EventAccumulator(str(tmp_path / "mine"))
    reader.Reload()
    assert sorted(reader.Tags()["scalars"]) == ["train/bits", "train/learning_rate"]
    assert [(each.step, each.value, each.wall_time) for each in reader.Scalars("train/bits")] == [
        (1, 2.5, 1000.5), (3, 2.0, 1001.0),
    ]  # fmt: skip
    assert reader.Scalars("train/learning_rate")[0].value == pytest.approx(0.01)
    (settings,) = reader.Tensors("settings")
    assert settings.tensor_proto.string_val[0].decode() == "    model.cell: lstm\n    model.hidden_size: 8"
    (sample,) = reader.Tensors("sample")
    assert sample.step == 2
    assert sample.tensor_proto.string_val[0].decode() == "    the owl\n    sat <b>"
    assert reader.SummaryMetadata("sample").plugin_data.plugin_name == "text"


def test_neither_torch_nor_tensorflow_is_imported():
    code = "import sys, charlm.loggers.to_tensorboard; print(*sorted({'torch', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
