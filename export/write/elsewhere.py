"""Which signatures TFLite files lack, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfgen.capabilities import Signature

# What devices have for a signature that draws its own random numbers.
_INSTEAD = {
    "log_prob": {"log_prob_with_noise": "noise"},
    "elbo": {"elbo_with_noise": "noise"},
    "sample": {
        "draw": "uniforms",
        "decode_with_uniforms": "latents and uniforms",
        "decode": "latents",
    },
}
_REASONS = {
    "log_prob": "noise that it draws",
    "classify_named": "text",
}


def not_on_devices(signatures: Mapping[str, Signature]) -> str:
    """Returns a line for people; "" if TFLite files have all signatures.

    Args:
      signatures: of a model, name -> see `tfgen.capabilities`.
    """
    found = []
    for name, signature in signatures.items():
        if signature.on_device:
            continue
        reason = _reason(name, signature)
        for other, what in _INSTEAD.get(name, {}).items():
            if other in signatures and signatures[other].on_device:
                reason += f"; `{other}` takes {what} instead"
                break
        found.append(f"{name} ({reason})")
    return f"not on devices: {', '.join(found)}" if found else ""


def _reason(name: str, signature: Signature) -> str:
    if not signature.repeatable:
        return "a search by gradients"
    if "seed" in {spec.name for spec in signature.inputs}:
        return "random numbers of seeds"
    if any(spec.dtype.name == "string" for spec in signature.inputs):
        return "text"
    return _REASONS.get(name, "operators that TFLite does not have")
