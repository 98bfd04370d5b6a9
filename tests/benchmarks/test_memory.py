import numpy as np

from benchmarks.memory import peak


def test_a_peak_is_that_since_the_last_call():
    peak()
    small = peak()
    numbers = np.ones(8 << 20)  # 64 MiB
    del numbers
    assert small + 60 < peak() < small + 100
    assert abs(peak() - small) < 30
