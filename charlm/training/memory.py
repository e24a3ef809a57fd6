"""How much memory a training will take, asked before it starts, and words for when there was too little after all.

An estimate within a factor of two or so, on the large side for most cells: what counts is to refuse what is hopeless
with advice, instead of being killed by the system hours later. Knows no files. Shape letters: B rows, T time, H hidden,
A attention window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.errors import UsageError
from charlm.model.parameters import count, shapes
from charlm.model.stack import layers

FLOAT = 4  # bytes; narrower precisions keep float32 copies beside what they compute, and save less than half
# Numbers kept for the backward pass at each position, found by measuring in two precisions:
A_SIDE, A_SYMBOL = 1.5, 3.5  # for each row and each column of the layers' matrices, and each logit
A_LOOK = 9.5  # for each score (B, T, A + T) of a look back, and each number of the outputs (B, A + T, H) it looks at
WINDOWS = 4 * 8  # bytes a position: inputs and targets as int64, on the host and on the device
SAID = ("out of memory", "can't allocate memory", "not enough memory")  # by torch, on CUDA and on CPUs
GIB = 2**30
MEMINFO = Path("/proc/meminfo")
LIMITS = (  # of a container: what it may use, and what it uses
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


def estimate(settings: Settings, vocab_size: int, rows: int, steps: int) -> int:
    """Bytes at the peak of a training on windows of B = `rows` times T = `steps` characters: weights, gradients, the
    optimizer's memory, the average, and the larger of what a backward pass needs and what writing a checkpoint does.
    """
    model, training = settings.model, settings.training
    memory = (2 if training.optimizer == "adamw" else 1) + bool(training.average)
    weights = FLOAT * count(model, vocab_size)
    sides = [
        shape[0] if name == "recurrent.weight_ih_l0" else sum(shape)  # the lowest layer reads symbols, no vectors
        for name, shape in shapes(model, vocab_size).items()
        if len(shape) > 1 and not name.startswith(("embedding.", "head."))
    ]
    numbers = A_SIDE * sum(sides) + A_SYMBOL * vocab_size
    look = model.attention.window
    looks = A_LOOK * (look + steps) * (steps + layers(model)[-1].hidden_size) if look else 0
    window = int(rows * (steps * (FLOAT * numbers + WINDOWS) + FLOAT * looks))
    saving = 2 * (1 + memory) * weights  # copies as arrays, then as the bytes of a file
    return weights * (2 + memory) + max(window, saving)


def within(characters: int, batch_size: int, seq_len: int) -> tuple[int, int]:
    """Rows and steps of the windows that a text of so many characters fills: no more than were asked for."""
    steps = min(seq_len, max(1, characters))
    return min(batch_size, max(1, characters // steps)), steps


def available(compute: Compute) -> int | None:
    """Bytes that the device can still give, or None where nobody says."""
    if compute.device_type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(compute.torch_device())[0])
    return None if compute.device_type != "cpu" else _host()


def _host() -> int | None:
    try:
        lines = MEMINFO.read_text(encoding="ascii", errors="replace").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    rooms = [_number(limit) - _number(used) for limit, used in LIMITS if _number(limit) >= 0 and _number(used) >= 0]
    return max(0, min([free, *rooms]))


def _number(path: Path) -> int:
    """What the file says; -1 for no file, or the word `max`."""
    try:
        return int(path.read_text(encoding="ascii", errors="replace"))
    except (OSError, ValueError):
        return -1


def check(settings: Settings, vocab_size: int, characters: int, compute: Compute) -> None:
    """Refuse a training that needs more than there is. `characters` are those of the train split, which may be fewer
    than a window holds. Raises UsageError, naming sizes to try."""
    room = available(compute)
    training = settings.training

    def needed(batch_size: int, seq_len: int) -> int:
        return estimate(settings, vocab_size, *within(characters, batch_size, seq_len))

    wanted = needed(training.batch_size, training.seq_len)
    if room is not None and wanted > room:
        raise UsageError(
            f"The training needs about {wanted / GIB:.2f} GiB of memory, and {room / GIB:.2f} GiB are free",
            f"training.batch_size={training.batch_size} training.seq_len={training.seq_len} "
            f"model.hidden_size={settings.model.hidden_size} on {compute.device}",
            _advice(settings, lambda batch_size, seq_len: needed(batch_size, seq_len) <= room),
        )


def _advice(settings: Settings, fits: Callable[[int, int], bool]) -> str:
    """The first halves of batch_size, and then of seq_len, that fit."""
    batch_size, seq_len = settings.training.batch_size, settings.training.seq_len
    while batch_size > 1 and not fits(batch_size, seq_len):
        batch_size //= 2
    while seq_len > 1 and not fits(batch_size, seq_len):
        seq_len //= 2
    if not fits(batch_size, seq_len):
        return "Try a smaller model: -s model.hidden_size or model.num_layers, or free some memory."
    shorter = f" -s training.seq_len={seq_len}" if seq_len < settings.training.seq_len else ""
    return f"Try -s training.batch_size={batch_size}{shorter}, or free some memory."


@contextmanager
def explain_out_of_memory(settings: Settings, device: str) -> Iterator[None]:
    """While entered, memory that runs out is a UsageError that names the sizes to try, not a traceback."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in SAID):
            raise
        training = settings.training
        before = training.batch_size, training.seq_len
        raise UsageError(
            f"The memory of {device} ran out",
            f"training.batch_size={before[0]} training.seq_len={before[1]}",
            f"{_advice(settings, lambda *sizes: sizes < before)} Checkpoints are untouched.",
        ) from error
