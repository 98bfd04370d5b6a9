"""Calls a SavedModel by TensorFlow's C library, without Python's TensorFlow.

Arguments: TensorFlow's folder, threads, seconds, sizes of a batch, the
SavedModel, the output's tensor, and of each input its tensor and a file of one
row. Prints the MiB that it took, and rows a second for each size.
`benchmarks.serving_cost` starts it.
"""

import ctypes
import pathlib
import sys
import time

import numpy as np

# Of the enum TF_DataType.
TYPES = {"float32": 1, "int32": 3}


class Output(ctypes.Structure):
    """A TF_Output."""

    _fields_ = (("oper", ctypes.c_void_p), ("index", ctypes.c_int))


def peak() -> float:
    """The most MiB that the process has held."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class Session:
    """A loaded SavedModel."""

    def __init__(self, folder: str, saved_model: str, threads: int):
        """Loads TensorFlow's library and the SavedModel."""
        for name in ("framework", "cc"):
            path = f"{folder}/libtensorflow_{name}.so.2"
            self.tf = ctypes.CDLL(path, ctypes.RTLD_GLOBAL)
        for name in (
            "NewStatus NewGraph NewSessionOptions LoadSessionFromSavedModel"
            " GraphOperationByName AllocateTensor TensorData Message"
        ).split():
            getattr(self.tf, f"TF_{name}").restype = ctypes.c_void_p
        self.before = peak()
        self.status = ctypes.c_void_p(self.tf.TF_NewStatus())
        self.graph = ctypes.c_void_p(self.tf.TF_NewGraph())
        options = ctypes.c_void_p(self.tf.TF_NewSessionOptions())
        if threads:
            # A ConfigProto: fields 2 and 5 are the numbers of threads.
            config = bytes([0x10, threads, 0x28, threads])
            self.tf.TF_SetConfig(options, config, len(config), self.status)
        tags = (ctypes.c_char_p * 1)(b"serve")
        self.session = ctypes.c_void_p(
            self.tf.TF_LoadSessionFromSavedModel(
                options,
                None,
                saved_model.encode(),
                tags,
                1,
                self.graph,
                None,
                self.status,
            )
        )
        self.check()

    def check(self) -> None:
        """Ends the process if the last call failed."""
        if self.tf.TF_GetCode(self.status):
            message = self.tf.TF_Message(self.status)
            raise SystemExit(ctypes.string_at(message).decode())

    def end(self, name: str) -> Output:
        """Returns an input or output of the graph."""
        operation, _, index = name.rpartition(":")
        found = self.tf.TF_GraphOperationByName(self.graph, operation.encode())
        return Output(found, int(index))

    def tensor(self, array: np.ndarray) -> ctypes.c_void_p:
        """Returns a copy."""
        dims = (ctypes.c_int64 * array.ndim)(*array.shape)
        made = self.tf.TF_AllocateTensor(
            TYPES[array.dtype.name],
            dims,
            array.ndim,
            ctypes.c_size_t(array.nbytes),
        )
        data = self.tf.TF_TensorData(ctypes.c_void_p(made))
        ctypes.memmove(data, array.tobytes(), array.nbytes)
        return ctypes.c_void_p(made)

    def run(self, feeds, values, fetch) -> None:
        """Calls the graph; what it answers is thrown away."""
        count = len(values)
        answer = ctypes.c_void_p()
        self.tf.TF_SessionRun(
            self.session,
            None,
            (Output * count)(*feeds),
            (ctypes.c_void_p * count)(*(v.value for v in values)),
            count,
            ctypes.byref(fetch),
            ctypes.byref(answer),
            1,
            None,
            0,
            None,
            self.status,
        )
        self.check()
        self.tf.TF_DeleteTensor(answer)


def main(folder, threads, seconds, sizes, saved_model, output, *inputs) -> None:
    """Prints the figures in a line."""
    session = Session(folder, saved_model, int(threads))
    feeds = [session.end(name) for name in inputs[::2]]
    rows = [np.load(path) for path in inputs[1::2]]
    fetch = session.end(output)
    rates = []
    for size in map(int, sizes.split(",")):
        values = [session.tensor(np.repeat(row, size, 0)) for row in rows]
        for _ in range(5):
            session.run(feeds, values, fetch)
        calls, began = 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < float(seconds):
            session.run(feeds, values, fetch)
            calls += 1
        rates.append(calls * size / passed)
    print(peak() - session.before, *rates)


if __name__ == "__main__":
    main(*sys.argv[1:])
