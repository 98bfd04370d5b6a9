"""The table of capabilities, and what follows from it.

A model has a capability if it has the method of that name. From the table come
what is exported (signatures), meanings of tensors on model cards, and
docs/signatures.md.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.model import Model
from tfgen.nli.text import signatures as text
from tfgen.nn import any_size, cells
from tfgen.nn.any_size import Sides
from tfgen.projection import SEARCHED, Search, method, noise_size


@dataclasses.dataclass(frozen=True)
class Capability:
    """What a model may do, as others see it.

    Attributes:
      inputs: names of tensors; "latents" stands for all of the model's.
      output: name of the tensor that comes out; "latents" likewise.
      conditional: takes the model's conditions, too.
      on_device: False if TFLite's built-in operators cannot compute it (random
        numbers).
    """

    inputs: tuple[str, ...]
    output: str
    conditional: bool = True
    on_device: bool = True


# A server averages log p(x + u) of whole gray levels x over so many draws of u:
# as many as an evaluation does.
DRAWS = 10

# Of pictures that have other sides than the data's.
ANY_SIZE = "_any_size"

# The first that a model has is served by default.
CAPABILITIES = {
    "classify": Capability(("x",), "probabilities", conditional=False),
    "classify_with_seed": Capability(
        ("x", "seed"), "probabilities", conditional=False, on_device=False
    ),
    "translate": Capability(("x",), "y"),
    "translate_back": Capability(("y",), "x"),
    "translate_with_noise": Capability(("x", "dropout"), "y"),
    "log_prob": Capability(("x",), "log_prob"),
    "energy": Capability(("x",), "energy"),
    "encode": Capability(("x",), "latents"),
    "reconstruct": Capability(("x",), "x_again"),
    "elbo": Capability(("x", "seed"), "elbo", on_device=False),
    "decode": Capability(("latents",), "x"),
    "draw": Capability(("uniforms",), "x"),
    "decode_with_uniforms": Capability(("latents", "uniforms"), "x"),
    "sample": Capability(("seed", "temperature"), "x", on_device=False),
    "complete": Capability(
        ("x", "mask", "seed", "temperature"), "x", on_device=False
    ),
    "project": Capability(
        ("x", "seed", "temperature"), "latents", on_device=False
    ),
}


@dataclasses.dataclass(frozen=True)
class Signature:
    """One exported function.

    Attributes:
      function: tensors in, by position; a dict of named tensors out. Every
        input and output has a leading batch dimension.
      inputs: a spec for each argument; its `name` is the exported name.
      on_device: see `Capability`.
      sides: which ones pictures may have; None is those of the data.
      repeatable: gives the same numbers whatever rounds them. A search may
        take another way, and a number of a table fall on another step: such an
        export is called and not compared.
    """

    function: Callable[..., Mapping[str, tf.Tensor]]
    inputs: Sequence[tf.TensorSpec]
    on_device: bool = True
    repeatable: bool = True
    sides: Sides | None = None


def signatures(
    model: Model, search: Search | None = None
) -> dict[str, Signature]:
    """Returns name -> what is exported; the first is served by default.

    Args:
      model: whose.
      search: how a model that decodes completes and projects, if it has no way
        of its own; None is not at all.
    """
    if model.spec.words:
        return {
            name: Signature(*signature)
            for name, signature in text.signatures(model).items()
        }
    found = {}
    for name, capability in CAPABILITIES.items():
        how = None
        if not model.can(name):
            how = search if name in SEARCHED and model.can("decode") else None
            if not how:
                continue
        if name == "log_prob" and model.dequantized:
            found |= _of_cells(model)
        else:
            found[name] = _signature(model, name, capability, how)
        if model.other_sides and name in ("translate", "translate_back"):
            found[name + ANY_SIZE] = _any_size(model, name, capability)
        if name == "elbo":
            given = dataclasses.replace(
                capability, inputs=("x", "epsilon"), on_device=True
            )
            found["elbo_with_noise"] = _signature(model, name, given)
    if model.can("classify") and model.spec.labels:
        found["classify_named"] = _named(model)
    return found


def _of_cells(model: Model) -> dict[str, Signature]:
    """The density of whole gray levels, or of a table's multiples of steps.

    It is one of values with noise. Servers average over noise, which is a
    function of the values; a device is given some.
    """
    spec = model.spec
    inputs = [input_spec(model, n) for n in ("x", *model.conditions)]

    def given(tensors):
        found = dict(zip(model.conditions, tensors))
        if "label" in found:
            found["label"] = _class(found["label"], spec)
        return found

    def averaged(x, *tensors):
        x = _whole(x, spec) if spec.levels else x
        # [B, DRAWS, ...] and then, as one batch, [B * DRAWS, ...].
        u = noise_of(x, DRAWS, spec.levels)
        u = tf.reshape(u, [-1, *spec.shape])
        many = [tf.repeat(t, DRAWS, axis=0) for t in (x, *tensors)]
        noisy = cells.in_cells(many[0], spec.x, u)
        values = model.log_prob(noisy, **given(many[1:]))
        return {"log_prob": tf.reduce_mean(tf.reshape(values, [-1, DRAWS]), 1)}

    # Not `dequantize`, whose constants float16 cannot hold. It holds this one,
    # and float32 holds its sum with any level.
    most = 1 - 2.0 ** -min(11, 24 - max(0, spec.levels - 1).bit_length())

    def with_noise(x, noise, *tensors):
        noise = tf.clip_by_value(noise, 0.0, most)
        if not spec.levels:
            noise *= tf.constant(spec.x.steps)
        return {"log_prob": model.log_prob(x + noise, **given(tensors))}

    x, *others = inputs
    noise = input_spec(model, "noise")
    return {
        "log_prob": Signature(averaged, inputs, on_device=False),
        "log_prob_with_noise": Signature(with_noise, [x, noise, *others]),
    }


def _whole(x: tf.Tensor, spec: DataSpec) -> tf.Tensor:
    """Returns the gray levels. On servers, other values are an error."""
    highest = spec.levels - 1
    known = tf.raw_ops.Assert(
        condition=tf.reduce_all((x == tf.floor(x)) & (x >= 0) & (x <= highest)),
        data=[f"x: expected whole gray levels, 0 to {highest}, got", x],
        summarize=10,
    )
    with tf.control_dependencies([known]):
        return tf.identity(x)


def noise_of(x: tf.Tensor, draws: int, levels: int) -> tf.Tensor:
    """Returns noise in [0, 1) that is a function of a row's content.

    Args:
      x: [B, ...] whole gray levels, or numbers.
      draws: of noise; the first ones are the same, however many there are.
      levels: of gray, or 0.

    Returns:
      [B, draws, ...] float32.
    """
    rows = tf.reshape(x, [-1, math.prod(x.shape[1:])])
    # The bits of numbers of a table, whose 0 is also -0.
    rows = tf.cast(rows, tf.int32) if levels else tf.bitcast(rows + 0, tf.int32)
    # Any odd number without a pattern; a sum beyond 2^31 begins anew.
    place = 40_503 * tf.range(1, 2 * rows.shape[1], 2)
    return tf.map_fn(
        lambda seed: tf.random.stateless_uniform(
            [draws, *x.shape[1:]], tf.stack([seed, 0]), alg="philox"
        ),
        tf.reduce_sum(rows * place, axis=1),
        fn_output_signature=tf.float32,
    )


def _any_size(model: Model, name: str, capability: Capability) -> Signature:
    """A translation of pictures that have other sides than the data's."""
    (read,), sides = capability.inputs, model.other_sides
    channels = input_spec(model, read).shape[-1]
    picture = tf.TensorSpec([None] * 3 + [channels], name=f"any_{read}")

    def function(x):
        x = any_size.check(x, sides, picture.name)
        return {capability.output: model.capability(name)(x)}

    return Signature(function, [picture], sides=sides)


def _named(model: Model) -> Signature:
    """`classify` with the most probable class and its name, for servers."""
    names = tf.constant(model.spec.labels)

    def function(x):
        outputs = model.classify(x)
        return {**outputs, "label_name": tf.gather(names, outputs["label"])}

    return Signature(function, [input_spec(model, "x")], on_device=False)


def _signature(model, name, capability, search=None):
    inputs = [
        tensor
        for name in capability.inputs
        for tensor in (model.latents if name == "latents" else [name])
    ]
    conditions = model.conditions if capability.conditional else ()
    call = method(model, name, search)
    size = noise_size(model, search)
    # Rows as a table has them; `decode` stays the inverse of `encode`.
    stepped = any(column.step for column in model.spec.columns)
    on_steps = stepped and name in ("sample", "complete")

    def function(*tensors):
        values = tensors[: len(inputs)]
        given = dict(zip(conditions, tensors[len(inputs) :]))
        if "label" in given:
            given["label"] = _class(given["label"], model.spec)
        if "temperature" in inputs:
            *values, seed, temperature = values
            values.append(seeded_normal(seed, temperature, size))
        elif "seed" in inputs:
            *values, seed = values
            values.append(_epsilon(model, seed))
        if name == "elbo" and model.dequantized:
            values[0] = _with_noise(model, values[0], tensors[1])
        if name == "encode" and model.can("posterior"):
            return posterior(model, *values, **given)
        output = call(*values, **given)
        if on_steps:
            snapped = cells.whole if model.dequantized else cells.nearest
            output = snapped(output, model.spec.x)
        if name == "classify":
            # No label: quantized weights may break a tie in another way.
            output = output["probabilities"]
        if capability.output == "latents" and len(model.latents) > 1:
            return output
        (key,) = (
            model.latents
            if capability.output == "latents"
            else (capability.output,)
        )
        return {key: output}

    specs = [input_spec(model, tensor) for tensor in (*inputs, *conditions)]
    repeatable = not (search or on_steps)
    return Signature(function, specs, capability.on_device, repeatable)


def _with_noise(model: Model, x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns x with noise in its cells, a row's by its seed [B]."""
    u = _seeded(tf.random.stateless_uniform, seed, x.shape[1:], 1)
    return cells.in_cells(x, model.spec.x, u)


def posterior(
    model: Model, x: tf.Tensor, **given: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Returns mean and deviation of each latent given x, [B, Z] each.

    They are `z` and `stddev`, or `z_1`, …, `stddev_1`, … of several.

    Args:
      model: has a `posterior`.
      x: [B, ...].
      **given: conditions, [B, ...].
    """
    mean, stddev = model.posterior(x, **given)
    sizes = [math.prod(latent.shape) for latent in model.latents.values()]
    stddevs = [name.replace("z", "stddev") for name in model.latents]
    return {
        **dict(zip(model.latents, tf.split(mean, sizes, axis=1))),
        **dict(zip(stddevs, tf.split(stddev, sizes, axis=1))),
    }


def _epsilon(model: Model, seed: tf.Tensor) -> tf.Tensor:
    """The noise of a posterior, [B, ...], a row for each seed [B]."""
    draw = {
        "normal": tf.random.stateless_normal,
        "uniform": tf.random.stateless_uniform,
    }[model.noise["epsilon"].kind]
    return _seeded(draw, seed, model.noise["epsilon"].shape)


def _seeded(draw, seed, shape, table=0):
    """Numbers [B, *shape], a row for each seed [B]."""
    return tf.map_fn(
        lambda s: draw(shape, tf.stack([s, table]), alg="philox"),
        seed,
        fn_output_signature=tf.float32,
    )


def _class(label: tf.Tensor, spec: DataSpec) -> tf.Tensor:
    """Returns the labels. On servers, other values are an error.

    The converter of TFLite files leaves the assertion out.
    """
    highest = spec.num_classes - 1
    # Not `tf.debugging`, whose branches the converter keeps.
    known = tf.raw_ops.Assert(
        condition=tf.reduce_all((label >= 0) & (label <= highest)),
        data=[f"label: expected 0 to {highest}, got", label],
        summarize=10,
    )
    with tf.control_dependencies([known]):
        return tf.identity(label)


def input_spec(model: Model, tensor: str) -> tf.TensorSpec:
    """Returns type and shape of an input, the batch dimension free."""
    kind, shape = tf.float32, ()
    fields = {field.name: field for field in model.spec.fields}
    if tensor in fields:
        shape = fields[tensor].shape
    elif tensor in ("x", "noise", "mask"):
        shape = model.spec.shape
    elif tensor == "uniforms":
        shape = (uniforms(model),)
    elif tensor in ("epsilon", "dropout"):
        shape = model.noise[tensor].shape
    elif tensor in model.latents:
        shape = model.latents[tensor].shape
    elif tensor in ("seed", "label"):
        kind = tf.int32
    return tf.TensorSpec([None, *shape], kind, tensor)


def seeded_normal(
    seed: tf.Tensor, temperature: tf.Tensor, size: int
) -> tf.Tensor:
    """Returns normal noise [B, size], a row for each seed.

    One seed a row: TF Serving may put rows of several requests into a batch.
    The numbers are the same on every device and under XLA.

    Args:
      seed: [B] int32.
      temperature: [B] float32, standard deviations.
      size: of a row.

    Raises:
      InvalidArgumentError: a temperature is not finite.
    """
    temperature = tf.debugging.check_numerics(
        temperature, "temperature: not finite"
    )
    noise = _seeded(tf.random.stateless_normal, seed, [size])
    return noise * temperature[:, None]


def uniforms(model: Model) -> int:
    """Returns how many uniform numbers one x needs, beside given latents."""
    given = model.latent_size if model.can("decode_with_uniforms") else 0
    return model.sample_noise - given


def assets(model: Model) -> dict[str, bytes]:
    """Returns file name -> content: what goes with TFLite files."""
    if model.spec.words:
        return text.assets(model.spec)
    classes = model.can("classify") or "label" in model.conditions
    if not (classes and model.spec.labels):
        return {}
    return {"labels.txt": "".join(f"{n}\n" for n in model.spec.labels).encode()}
