from tfgen.data.keys import fraction, key


def test_keys_never_change():
    assert key("digits", 0) == 1710445463344615302
    assert fraction("digits", 0) == 0.18544686872762062


def test_parts_are_kept_apart():
    assert key("a", "bc") != key("ab", "c")
    assert key(1, 23) != key(12, 3)


def test_range():
    keys = [key(i) for i in range(1000)]
    assert len(set(keys)) == 1000
    assert all(0 <= k < 2**63 for k in keys)
    fractions = [fraction(i) for i in range(1000)]
    assert 0 <= min(fractions) < 0.01
    assert 0.99 < max(fractions) < 1
