"""A run for TensorBoard: event files in a folder of the run's name. Imports tensorboard, not torch or TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from charlm.errors import CheckpointError
from charlm.loggers.destination import About
from charlm.loggers.measured import Measured

TEXT_PLUGIN = "text"


class ToTensorBoard:
    """Writes into a folder below `root`, whose name is the identity; `tensorboard --logdir ROOT` shows them."""

    def __init__(self, root: Path) -> None:
        self.key = f"tensorboard {root.absolute()}"
        self.advice = f"tensorboard --logdir {root}"
        self._root = root
        self._writer: EventFileWriter | None = None

    def has(self, identity: str) -> bool:
        return any((self._root / identity).glob("*.tfevents.*"))

    def begin(self, about: About, identity: str) -> str:
        name = identity or about.name
        try:
            self._writer = EventFileWriter(str(self._root / name))
        except OSError as error:
            raise _unwritable(self._root, error) from error
        if not identity and about.settings:
            listed = "\n".join(f"    {name}: {value}" for name, value in about.settings.items())
            self._add(about.began, 0, [_text("settings", listed)])
        return name

    def write(self, measured: Sequence[Measured], times: Sequence[float]) -> None:
        for each, time in zip(measured, times, strict=True):
            values = [Summary.Value(tag=name, simple_value=value) for name, value in each.numbers.items()]
            if each.sample is not None:
                values.append(_text("sample", "\n".join(f"    {line}" for line in each.sample.splitlines())))
            self._add(time, each.step, values)
        assert self._writer is not None
        try:
            self._writer.flush()
        except OSError as error:
            raise _unwritable(self._root, error) from error

    def end(self, finished: bool) -> None:
        assert self._writer is not None
        self._writer.close()

    def _add(self, time: float, step: int, values: Sequence[Summary.Value]) -> None:
        assert self._writer is not None
        self._writer.add_event(Event(wall_time=time, step=step, summary=Summary(value=values)))


def _text(tag: str, text: str) -> Summary.Value:
    """Text for TensorBoard's tab of texts, which reads Markdown: indented lines are shown as they are."""
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=TEXT_PLUGIN))
    one = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype="DT_STRING", string_val=[text.encode("utf-8", "replace")], tensor_shape=one)
    return Summary.Value(tag=tag, metadata=metadata, tensor=tensor)


def _unwritable(root: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        f"The event file cannot be written: {error.strerror}", str(root), "Make room, or name another folder with --at."
    )
