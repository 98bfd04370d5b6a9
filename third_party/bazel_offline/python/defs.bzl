"""In place of rules_python; see ../README.md."""

py_library = native.py_library
py_test = native.py_test
