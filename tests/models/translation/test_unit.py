"""What UNIT's paper says, against NumPy."""

import numpy as np

from tests import tolerances
from tests.models.translation.pairs import (
    SAME,
    batch_of,
    l1,
    losses,
    tiny,
    unit,
)


def softplus(z):
    return np.log1p(np.exp(z))


def test_losses(float64):
    """Eqs. 3, 5 and 6, of both domains; KL in closed form."""
    weights = {"adversarial": 3.0, "kl": 0.2, "likelihood": 5.0}
    model = tiny("unit", **weights)
    batch = batch_of(model)
    x, y = unit(batch["x"], 17), unit(batch["y"], 256)
    e_x, e_y = batch["epsilon"].numpy(), batch["epsilon_back"].numpy()
    E1, E2, G1, G2, D1, D2 = (
        lambda v, n=getattr(model, name): n(v).numpy()
        for name in (
            "encoder",
            "encoder_back",
            "decoder",
            "decoder_back",
            "discriminator_back",
            "discriminator",
        )
    )

    def kl(mean):
        """Of N(mean, 1) from N(0, 1): (1 + mean^2 - 1 - log 1) / 2."""
        return (mean**2 / 2).mean((1, 2, 3))

    z_x, z_y = E1(x) + e_x[:, 0], E2(y) + e_y[:, 0]
    made_y, made_x = G2(z_x), G1(z_y)
    same = l1(G1(z_x), x) + l1(G2(z_y), y)
    again_x = G1(E2(made_y) + e_x[:, 1])
    again_y = G2(E1(made_x) + e_y[:, 1])
    cycle = l1(again_x, x) + l1(again_y, y)
    own = kl(E1(x)) + kl(E2(y))
    others = kl(E2(made_y)) + kl(E1(made_x))
    deceived = softplus(-D2(made_y)).mean(1) + softplus(-D1(made_x)).mean(1)
    judged = [
        (softplus(-D(real)) + softplus(D(fake))).mean(1) / 2
        for D, real, fake in ((D2, y, made_y), (D1, x, made_x))
    ]
    expected = {
        "discriminator": sum(judged),
        "generator": 3 * deceived
        + 0.2 * (own + own + others)
        + 5 * (same + cycle),
        "cycle": cycle / 4,
        "kl": own / 2,
    }
    found = losses(model, batch)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, **tolerances.EXACT)


def shared(a, b):
    ids = {id(v) for v in a.trainable_variables}
    return [v.shape for v in b.trainable_variables if id(v) in ids]


def test_the_top_of_encoders_and_the_bottom_of_decoders_are_the_same():
    """Variables, not values; and they move once."""
    model = tiny("unit", shared=2, blocks=1, maps=(2, 3))
    block = [(3, 3, 3, 3), (3,), (3,)]
    for networks in (
        (model.encoder, model.encoder_back),
        (model.decoder, model.decoder_back),
    ):
        assert shared(*networks) == 2 * 2 * block
    assert not shared(model.encoder, model.decoder)
    assert not shared(model.discriminator, model.discriminator_back)
    variables = model.players()["generator"].variables
    assert len({id(v) for v in variables}) == len(variables)


def test_translation_with_one_pair_of_coders_is_reconstruction():
    model = tiny("unit", SAME)
    model.encoder_back, model.decoder_back = model.encoder, model.decoder
    batch = batch_of(model)
    again = model.decoder(model.encoder(unit(batch["x"], 17)))
    for translate in (model.translate, model.translate_back):
        np.testing.assert_allclose(
            unit(translate(batch["x"]), 17), again, atol=1e-5
        )


def test_mixed_precision(mixed_bfloat16):
    """Means and noise are added in the data's type."""
    model = tiny("unit")
    found = losses(model, batch_of(model), training=True)
    assert all(np.isfinite(value).all() for value in found.values())
    assert found["kl"].dtype == np.float32
