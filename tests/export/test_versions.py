from export.versions import next_version


def test_next_version(tmp_path):
    assert next_version(tmp_path / "missing") == 1
    for name in ("a/2", "a/10", "a/11.bak", "a/.partial", "b/12"):
        (tmp_path / name).mkdir(parents=True)
    assert next_version(tmp_path / "a") == 11
    assert next_version(tmp_path / "a", tmp_path / "b") == 13
