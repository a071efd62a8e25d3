"""ONNX Runtime on the CPU, in a process of its own with bounded memory and threads.

A model file is a program that somebody else wrote. In a process of its own it can neither take the worker's
memory nor, when it crashes, the worker.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dentalization.vision.card import ModelCard
from dentalization.vision.errors import DetectorFailed, ModelRefused

DATA_BYTES = 2 * 1024**3
"""Most heap that the process may have; the shipped model needs a tenth of it."""
SECONDS = 30.0

_session: Any = None
_input = ""


class LocalRuntime:
    """One process; calls wait for one another. It is started by the first call, and again after a crash."""

    def __init__(self, card: ModelCard, model: Path, *, threads: int, data_bytes: int = DATA_BYTES) -> None:
        self._card, self._model = card, model
        self._threads, self._data_bytes = threads, data_bytes
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The model's tensors by name. Raises ModelRefused or DetectorFailed."""
        pool = self._running()
        try:
            return pool.submit(_run, tensor).result(timeout=SECONDS)
        except (BrokenProcessPool, FutureTimeout, MemoryError) as error:
            self._drop(pool)
            raise DetectorFailed from error

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                content = checked_bytes(self._card, self._model)
                arguments = (content, self._card.input.name, self._threads, self._data_bytes)
                # spawn: a forked copy of a process with threads can inherit their locks, held for ever.
                spawn = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(1, spawn, initializer=_load, initargs=arguments)
            return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        """A process that hangs is killed: the executor alone would wait for it."""
        with self._lock:
            if self._pool is pool:
                self._pool = None
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)


def checked_bytes(card: ModelCard, model: Path) -> bytes:
    """The file's bytes, which are those that the card describes. Raises ModelRefused."""
    try:
        content = model.read_bytes()
    except OSError as error:
        raise ModelRefused(f"The model file {model.name} is missing or cannot be read.") from error
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise ModelRefused(f"{model.name} is not the file that its card describes: the digest differs.")
    return content


def _load(model: bytes, input_name: str, threads: int, data_bytes: int) -> None:
    """In the process: limits first, then the model. What is wrong with it is told by the first call."""
    global _session, _input  # noqa: PLW0603 - the state of a process that does nothing else
    resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _input = input_name
    try:
        _session = session_of(model, threads)
    except Exception as error:
        _session = str(error)


def session_of(model: bytes, threads: int) -> Any:
    """An ONNX Runtime session that leaves no memory behind between pictures."""
    import onnxruntime  # noqa: PLC0415 - in the process alone: the server never loads it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _run(tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    if isinstance(_session, str) or _session is None:
        raise ModelRefused("ONNX Runtime cannot load this model file.")
    names = [one.name for one in _session.get_inputs()]
    feed: dict[str, Any] = {_input or names[0]: tensor}
    if len(names) == 2:
        # RT-DETR and D-FINE with post-processor ask for the size that boxes are to be given in.
        size = next(name for name in names if name not in feed)
        feed[size] = np.array([[tensor.shape[3], tensor.shape[2]]], dtype=np.int64)
    try:
        answers = _session.run(None, feed)
    except Exception as error:
        raise ModelRefused("The model does not take the input that its card describes.") from error
    given = [one.name for one in _session.get_outputs()]
    return {name: np.asarray(one, dtype=np.float32) for name, one in zip(given, answers, strict=True)}
