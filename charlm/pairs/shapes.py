"""The layers and the parameters of a model of pairs: names, shapes, initial values. Knows no engine and no text.

    embedding, recurrent, head        of the stack that writes: named as a language model's
    encoder.*, backwards.*            of the stacks that read the source, from one end and, with both_ways, the other
    start.FIELD_lN                    from what was read to where layer N starts, unless a state is taken as it is
    attention.*                       where to look (attention.py)
    output.*                          attending: from h, z and the embedding to what the head reads

Shape letters: V symbols, E embedding, H hidden, A annotation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from charlm.cells.initial import initial_values, uniform
from charlm.config.cell_files import short_name
from charlm.config.settings import ModelSettings
from charlm.errors import UsageError
from charlm.model.parameters import Shapes, initial_parameters, initial_stack, parameter_shapes, stack_shapes
from charlm.model.stack import Layer, build_layers
from charlm.pairs.attention import attention_shapes, initial_attention

STARTED = ("h", "c")  # parts of a state that what was read can start; others (clocks, memories) start afresh


def encoder_settings(model: ModelSettings) -> ModelSettings:
    """The settings of a stack that reads the source."""
    layers = model.pairs.encoder_layers
    if layers is None:
        return model
    return model.model_copy(update={"layers": layers, "num_layers": len(layers)})


def encoder_layers(model: ModelSettings) -> tuple[Layer, ...]:
    """The layers that read the source; of `joined`, the same that write."""
    return build_layers(model if model.pairs.kind == "joined" else encoder_settings(model))


def annotation_width(model: ModelSettings) -> int:
    """A: the units of the top of the encoder, twice if it reads both ways."""
    return encoder_layers(model)[-1].hidden_size * (1 + model.pairs.both_ways)


def decoder_layers(model: ModelSettings) -> tuple[Layer, ...]:
    """The layers that write. With additive attention, the lowest reads what was looked at beside the embedding."""
    first, *others = build_layers(model)
    if looks_before(model):
        first = replace(first, input_size=first.input_size + annotation_width(model))
    return (first, *others)


def looks_before(model: ModelSettings) -> bool:
    """Whether the model looks at the source before each step, so that steps cannot run together."""
    return model.pairs.kind == "attending" and model.pairs.score == "additive"


def pair_shapes(model: ModelSettings, vocab_size: int) -> Shapes:
    """The shape of each parameter, by name."""
    pairs, layers = model.pairs, decoder_layers(model)
    own = parameter_shapes(model, vocab_size)
    if pairs.kind == "joined":
        return own
    shapes: Shapes = {}
    for part in encoder_parts(model):
        whole = parameter_shapes(encoder_settings(model), vocab_size)
        shapes |= {f"{part}.{name}": shape for name, shape in whole.items() if _is_read(part, name)}
    shapes |= start_shapes(model)
    shapes |= own | stack_shapes(layers[:1])  # the lowest may read more than a language model's
    if pairs.kind == "attending":
        top, width = layers[-1].hidden_size, annotation_width(model)
        embedding = shapes["embedding.weight"][1]
        shapes |= {f"attention.{name}": shape for name, shape in attention_shapes(pairs, top, width).items()}
        shapes |= {"output.weight": (top, top + width + embedding), "output.bias": (top,)}
    return shapes


def encoder_parts(model: ModelSettings) -> tuple[str, ...]:
    """The stacks that read the source. With two, the first one reads it forwards; both share an embedding."""
    return ("encoder", "backwards") if model.pairs.both_ways else ("encoder",)


def _is_read(part: str, name: str) -> bool:
    return name.startswith("recurrent.") or (part == "encoder" and name.startswith("embedding."))


def start_shapes(model: ModelSettings) -> Shapes:
    """The weights from what was read to where each layer starts; none for a layer that takes a state as it is."""
    shapes: Shapes = {}
    readers = encoder_layers(model)
    for number, layer in enumerate(decoder_layers(model)):
        if takes_state(model, number):
            continue
        width = annotation_width(model)
        if not starts_from_mean(model):
            reader = readers[min(number, len(readers) - 1)]
            width = sum(started_widths(reader).values()) * len(encoder_parts(model))
        for name, size in started_widths(layer).items():
            shapes |= {f"start.{name}_l{number}.weight": (size, width), f"start.{name}_l{number}.bias": (size,)}
    return shapes


def started_widths(layer: Layer) -> dict[str, int]:
    """How wide the parts of a layer's state are that can be started."""
    widths = layer.cell.state_widths(layer.input_size, layer.hidden_size)
    return {name: size for name, size in widths.items() if name in STARTED}


def starts_from_mean(model: ModelSettings) -> bool:
    """Whether what was read is the mean annotation: also if the states of a layer that reads have no such part."""
    return model.pairs.mean_start or not all(map(started_widths, encoder_layers(model)))


def require_a_start(model: ModelSettings) -> None:
    """Raise UsageError if nothing of a source reaches the target: its cell has no state that can be started."""
    layers = range(len(decoder_layers(model)))
    if model.pairs.kind == "encoder" and not start_shapes(model) and not any(takes_state(model, n) for n in layers):
        raise UsageError(
            f"The cell {short_name(model.stack()[0].cell)} has no state that a source could start",
            "model.pairs.kind=encoder",
            "Use another cell to write, the same cell to read without both_ways, or -s model.pairs.kind=attending",
        )


def takes_state(model: ModelSettings, number: int) -> bool:
    """Whether a layer that writes starts with the last state of the one that reads: cell and size agree."""
    readers, writer = encoder_layers(model), decoder_layers(model)[number]
    if model.pairs.both_ways or model.pairs.mean_start or number >= len(readers):
        return False
    reader = readers[number]
    sizes = [one.cell.state_widths(one.input_size, one.hidden_size) for one in (reader, writer)]
    return reader.cell == writer.cell and sizes[0] == sizes[1]


def initial_pairs(model: ModelSettings, vocab_size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Initial values of all parameters, float32."""
    values = initial_parameters(model, vocab_size, rng)
    if model.pairs.kind == "joined":
        return values
    values |= initial_stack(rng, decoder_layers(model)[:1])
    for part in encoder_parts(model):
        read = initial_parameters(encoder_settings(model), vocab_size, rng)
        values |= {f"{part}.{name}": value for name, value in read.items() if _is_read(part, name)}
    for name, shape in start_shapes(model).items():
        values[name] = initial_values(rng, "start", shape)
    if model.pairs.kind == "attending":
        top = decoder_layers(model)[-1].hidden_size
        given = initial_attention(rng, model.pairs, top, annotation_width(model))
        values |= {f"attention.{name}": value for name, value in given.items()}
        joined = top + annotation_width(model) + values["embedding.weight"].shape[1]
        values["output.weight"] = uniform(rng, (top, joined), joined)
        values["output.bias"] = np.zeros(top, np.float32)
    return {name: values[name] for name in pair_shapes(model, vocab_size)}
