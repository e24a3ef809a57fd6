"""The memory that a training needs: estimated before it starts, and explained if it runs out all the same.

The estimate is within a factor of two, and too large rather than too small for most cells. It serves to refuse a
hopeless training with advice, before the system kills it hours later. Knows no run and no text.

Shape letters: B rows, T time, H hidden, A attention window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute
from charlm.errors import UsageError
from charlm.model.parameters import count_parameters, parameter_shapes
from charlm.model.stack import Layer, build_layers

FLOAT_BYTES = 4  # bf16 and fp16 keep float32 copies beside what they compute, and save less than half
COPIES = {"adamw": 2, "rmsprop": 1, "shampoo": 3}  # of the weights, that it keeps; 3 of a matrix as high as wide
# Floats that the backward pass keeps at each position, from measurements in float32 and bf16:
FLOATS_PER_DIMENSION = 1.5  # for each row and each column of the matrices of the layers
FLOATS_PER_LOGIT = 3.5
FLOATS_PER_CHUNKED_UNIT = 36.0  # for each unit of a layer that is run in chunks: queries, keys, shares, scores
COPIES_OF_A_STATE = 4.0  # of a state that has more numbers than units: what a chunk of steps keeps of it
FLOATS_PER_STATE = 2.1  # for each number of a state beyond those of the units: 1.1 with a kernel, 2.4 as defined
SCORED_ROWS, SCORED_STATES = 64, 3  # read side by side when a training validates, and states of each at a time
FLOATS_PER_SCORE = 9.5  # of attention: for each score (B, T, A + T) and each value of the outputs (B, A + T, H)
ID_BYTES = 4 * 8  # bytes a position: inputs and targets as int64, on the host and on the device
OUT_OF_MEMORY_MESSAGES = ("out of memory", "can't allocate memory", "not enough memory")  # torch's, on CUDA and on CPUs
GIB = 2**30
MEMINFO = Path("/proc/meminfo")
CONTAINER_LIMITS = (  # files of a Linux control group: the limit, and what is used of it
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


def estimate_bytes(settings: Settings, vocab_size: int, rows: int, steps: int) -> int:
    """Bytes at the peak of a training on windows of B = `rows` times T = `steps` characters.

    These are the weights, the gradients, the optimizer's state, the average of the weights, and the larger of what a
    backward pass needs and what writing a checkpoint needs.
    """
    model_settings, training_settings = settings.model, settings.training
    copies = COPIES[training_settings.optimizer] + bool(training_settings.average)
    weights = FLOAT_BYTES * count_parameters(model_settings, vocab_size)
    dimensions = [
        shape[0] if name == "recurrent.weight_ih_l0" else sum(shape)  # the lowest layer reads ids, not vectors
        for name, shape in parameter_shapes(model_settings, vocab_size).items()
        if len(shape) > 1 and not name.startswith(("embedding.", "head."))
    ]
    floats = FLOATS_PER_DIMENSION * sum(dimensions) + FLOATS_PER_LOGIT * vocab_size
    past = model_settings.attention.window
    layers = build_layers(model_settings)
    floats += sum(_floats_of_wide_state(layer) for layer in layers)
    top = layers[-1].hidden_size
    scores = FLOATS_PER_SCORE * (past + steps) * (steps + top) if past else 0
    backward = int(rows * (steps * (FLOAT_BYTES * floats + ID_BYTES) + FLOAT_BYTES * scores))
    saving = 2 * (1 + copies) * weights  # copies as arrays, then as the bytes of a file
    scoring = FLOAT_BYTES * SCORED_ROWS * SCORED_STATES * wide_state(model_settings)
    return weights * (2 + copies) + max(backward, saving, scoring)


def wide_state(model_settings: ModelSettings) -> int:
    """How many numbers the states of all layers have in a row beyond one for each unit: those of wide memories."""
    return sum(sum(_wide_parts(layer)) for layer in build_layers(model_settings))


def _wide_parts(layer: Layer) -> list[int]:
    """By how much each part of the state is wider than the layer."""
    widths = layer.cell.state_widths(layer.input_size, layer.hidden_size).values()
    return [max(0, width - layer.hidden_size) for width in widths]


def _floats_of_wide_state(layer: Layer) -> float:
    """Floats at each position for a layer whose state is wider than the layer, and 0 for others."""
    wide, chunk = sum(_wide_parts(layer)), layer.cell.CHUNK
    if not wide or not chunk:
        return FLOATS_PER_STATE * wide
    widths = sum(layer.cell.state_widths(layer.input_size, layer.hidden_size).values())
    return COPIES_OF_A_STATE * widths / chunk + FLOATS_PER_CHUNKED_UNIT * layer.hidden_size


def window_sizes(characters: int, batch_size: int, seq_len: int) -> tuple[int, int]:
    """B and T of the windows of a text with so many characters: batch_size and seq_len, or less for a short text."""
    steps = min(seq_len, max(1, characters))
    return min(batch_size, max(1, characters // steps)), steps


def available_bytes(compute: Compute) -> int | None:
    """Free memory of the device; None if the system does not report it."""
    if compute.device_type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(compute.torch_device())[0])
    return None if compute.device_type != "cpu" else _available_on_host()


def _available_on_host() -> int | None:
    """Free memory of the machine, or of the container if that has less."""
    try:
        lines = MEMINFO.read_text(encoding="ascii", errors="replace").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    limits = [(_read_number(limit), _read_number(used)) for limit, used in CONTAINER_LIMITS]
    left = [limit - used for limit, used in limits if limit is not None and used is not None]
    return max(0, min([free, *left]))


def _read_number(path: Path) -> int | None:
    """The number in the file; None if there is no such file, or no limit, which the system writes as `max`."""
    try:
        return int(path.read_text(encoding="ascii", errors="replace"))
    except (OSError, ValueError):
        return None


def require_memory(settings: Settings, vocab_size: int, characters: int, compute: Compute, processes: int = 1) -> None:
    """Raises UsageError, with sizes to try, if the training needs more memory than is free.

    `characters` is the size of the train split, which can be smaller than a window. Each of several processes reads its
    share of the lanes.
    """
    lanes = max(1, settings.training.batch_size // processes)
    settings = settings.model_copy(update={"training": settings.training.model_copy(update={"batch_size": lanes})})
    free = available_bytes(compute)
    training_settings = settings.training

    def needed(batch_size: int, seq_len: int) -> int:
        return estimate_bytes(settings, vocab_size, *window_sizes(characters, batch_size, seq_len))

    wanted = needed(training_settings.batch_size, training_settings.seq_len)
    if free is not None and wanted > free:
        raise UsageError(
            f"The training needs about {wanted / GIB:.2f} GiB of memory, and {free / GIB:.2f} GiB are free",
            f"training.batch_size={training_settings.batch_size} training.seq_len={training_settings.seq_len} "
            f"model.hidden_size={settings.model.hidden_size} on {compute.device}{_about_state(settings)}",
            _advice(settings, lambda batch_size, seq_len: needed(batch_size, seq_len) <= free),
        )


def _about_state(settings: Settings) -> str:
    """What a memory of places has to do with it."""
    wide = wide_state(settings.model)
    return f"; each row has a memory of {wide:,} numbers at each character" if wide else ""


def _advice(settings: Settings, fits: Callable[[int, int], bool]) -> str:
    """Advice to halve batch_size, and then seq_len, until they fit."""
    batch_size, seq_len = settings.training.batch_size, settings.training.seq_len
    while batch_size > 1 and not fits(batch_size, seq_len):
        batch_size //= 2
    while seq_len > 1 and not fits(batch_size, seq_len):
        seq_len //= 2
    if not fits(batch_size, seq_len):
        if any("places" in layer.cell.options() for layer in build_layers(settings.model)):
            return "Try a smaller memory of the model: -s 'model.cell_options={places: 64, width: 16}'."
        return "Try a smaller model: -s model.hidden_size or model.num_layers, or free some memory."
    shorter = f" -s training.seq_len={seq_len}" if seq_len < settings.training.seq_len else ""
    return f"Try -s training.batch_size={batch_size}{shorter}, or free some memory."


@contextmanager
def explain_out_of_memory(settings: Settings, device: str) -> Iterator[None]:
    """Turn an out-of-memory error inside the context into a UsageError that names sizes to try."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in OUT_OF_MEMORY_MESSAGES):
            raise
        sizes = settings.training.batch_size, settings.training.seq_len
        raise UsageError(
            f"The memory of {device} ran out",
            f"training.batch_size={sizes[0]} training.seq_len={sizes[1]}",
            f"{_advice(settings, lambda *smaller: smaller < sizes)} Checkpoints are untouched.",
        ) from error
