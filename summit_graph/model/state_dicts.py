"""A weights file -> its tensors by name. Knows file formats and wrapped state dicts, but no architecture.

1. The format is recognised by content, not by the file's extension: safetensors, ONNX, or what
   ``torch.save`` writes.
2. Pickled files are read with ``weights_only=True``. A few harmless objects of training scripts become empty
   stand-ins; every other object is refused.
3. The state dict is extracted from the dictionary around it (``_WRAPPERS``).
4. ``fit_names`` finds the tensors that a model needs under any prefixes of wrapping modules;
   ``sound_tensor`` checks that a tensor has finite data.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from summit_graph.errors import WeightsError, first_line

_SAVE = "save only the state dict with torch.save(model.state_dict(), FILE)"
_READ = "weights are read from safetensors, ONNX and PyTorch files"
#: The keys under which training scripts keep a state dict, the plain weights before their moving averages.
_WRAPPERS = (
    *("state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "weights"),
    *("model_ema", "ema_state_dict", "state_dict_ema", "ema"),
)
#: How many of them may be nested.
_DEPTH = 3
#: Prefixes that wrapping modules add to a tensor's name: data parallelism, compilation, a training framework.
_PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "net.")
#: Prefixes that may also occur inside a name, if a part of the model is wrapped.
_WITHIN = re.compile(r"(?:(?<=\.)|^)(?:module|_orig_mod)\.")
#: Formats that are named in the error, by bytes at an offset of the file.
_OTHER_FORMATS = (
    (0, b"\x89HDF", "an HDF5 file (Keras)"),
    (0, b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (0, b"BZh", "compressed with bzip2: unpack it first"),
    (0, b"\xfd7zXZ", "compressed with xz: unpack it first"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"GGUF", "a GGUF file"),
    (257, b"ustar", "a tar archive: unpack it first"),
)
_NUMPY = ("scalar", "_reconstruct")
#: Objects that training scripts store with the state dict. They are not needed and never created.
_HARMLESS = (
    *("argparse.Namespace", "types.SimpleNamespace", "numpy.dtype", "numpy.ndarray"),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in _NUMPY),
    *(f"pathlib.{name}" for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")),
    *(f"pathlib._local.{name}" for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")),
    *("datetime.datetime", "datetime.date", "datetime.timedelta"),
)


def read_state_dict(file: Path) -> dict[str, Tensor]:
    """Every tensor of the file by its name, on the CPU, unchanged.

    Raises:
        WeightsError: the file is missing, damaged, of another format, or holds no state dict.
    """
    if not file.is_file():
        raise WeightsError(f"weights file {file} " + ("is a folder" if file.is_dir() else "does not exist"))
    return _reader_of(_head(file), file)(file)


def _reader_of(head: bytes, file: Path) -> Callable[[Path], dict[str, Tensor]]:
    """The reader for a file that starts with these bytes."""
    if head[5:9] == b"\0\0\0{":  # the end of its header's length, and the header
        return _read_safetensors
    _refuse_others(head, file)
    if head.startswith(b"PK\x03\x04"):
        _check_archive(file)
        return _read_torch
    if head.startswith(b"\x80"):
        return _read_torch
    if head.startswith(b"\x08"):
        return _read_onnx
    raise WeightsError(f"{file} is damaged or of another format: {_READ}")


@dataclass(frozen=True)
class Fitted:
    """A state dict under a model's names.

    Attributes:
        tensors: the wanted tensors that were found, by the wanted names.
        extra: names in the file of other floating-point tensors under the same prefixes.
    """

    tensors: dict[str, Tensor]
    extra: tuple[str, ...]


def fit_names(tensors: Mapping[str, Tensor], wanted: Collection[str], *, source: str) -> Fitted:
    """Find the wanted tensors; prefixes of wrapping modules are removed if the rest of the name is wanted.

    Raises:
        WeightsError: two tensors fit one wanted name.
    """
    found: dict[str, str] = {}
    prefixes = set()
    for name in tensors:
        plain = next((one for one in _plain_names(name) if one in wanted), None)
        if plain is None:
            continue
        if plain in found:
            raise WeightsError(f"{source} has {plain} twice, as {found[plain]} and as {name}: {_SAVE}")
        found[plain] = name
        prefixes.add(name.removesuffix(plain) if name.endswith(plain) else "")
    others = tensors.keys() - found.values()
    extra = (
        name for name in others if name.startswith(tuple(prefixes)) and tensors[name].is_floating_point()
    )
    return Fitted({plain: tensors[name] for plain, name in found.items()}, tuple(sorted(extra)))


def sound_tensor(tensor: Tensor, *, name: str, source: str) -> Tensor:
    """Return the tensor if it is dense, not empty, finite and in floating point.

    Raises:
        WeightsError: it is not; one sentence names the tensor.
    """
    if tensor.is_meta:
        raise WeightsError(f"{source} has no data for {name} (it is on the meta device): save a loaded model")
    if tensor.layout != torch.strided or tensor.is_nested:
        raise WeightsError(f"{source} has {name} as a sparse or nested tensor: save it as tensor.to_dense()")
    if not tensor.is_floating_point():
        raise WeightsError(f"{source} has {name} in {dtype_name(tensor)}: {_FLOATS}")
    if not tensor.numel():
        raise WeightsError(f"{source} has a width of 0 in {name}: {tuple(tensor.shape)}")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise WeightsError(f"{source} repeats one number in {name}: save it as tensor.contiguous()")
    refuse_not_finite(tensor, name=name, source=source)
    return tensor


def refuse_not_finite(tensor: Tensor, *, name: str, source: str) -> None:
    """Raise WeightsError if a value is NaN or infinite."""
    if not bool(tensor.float().isfinite().all()):
        raise WeightsError(f"{source} has a value in {name} that is not finite (NaN or infinity)")


_FLOATS = "quantized weights are not read, use the model in floating point"


def refuse_quantized(tensors: Mapping[str, Tensor], *, source: str) -> None:
    """Raise WeightsError if a layer's weight is stored in integers of 8 bits or fewer."""
    for name, tensor in tensors.items():
        small = tensor.element_size() == 1 and tensor.dtype != torch.bool
        if tensor.ndim > 1 and small and not tensor.is_floating_point():
            raise WeightsError(f"{source} has weights in {dtype_name(tensor)} ({name}): {_FLOATS}")


def dtype_name(tensor: Tensor) -> str:
    """``int8`` for torch.int8."""
    return str(tensor.dtype).removeprefix("torch.")


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            head = stream.read(1024)
    except OSError as error:
        raise WeightsError(f"{file} cannot be read: {error.strerror}") from None
    if not head:
        raise WeightsError(f"{file} is empty: download or copy it again")
    return head


def _refuse_others(head: bytes, file: Path) -> None:
    """Refuse what a failed download contains, and other known formats."""
    if head.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{file} is a Git LFS pointer, not the weights: fetch them with git lfs pull")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head")):
        raise WeightsError(f"{file} is a web page (HTML), not weights: download the file itself")
    if text.startswith(b"{"):
        raise WeightsError(f"{file} is JSON text, not weights: name the file that holds the tensors")
    for start, signature, what in _OTHER_FORMATS:
        if head[start:].startswith(signature):
            raise WeightsError(f"{file} is {what}; {_READ}")


def _read_safetensors(file: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{file} cannot be read as safetensors: {first_line(error)}") from None


def _read_onnx(file: Path) -> dict[str, Tensor]:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(file).graph
        arrays = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
        for name, one in _onnx_constants(graph):
            arrays[name] = onnx.numpy_helper.to_array(one)
    except (DecodeError, OSError, ValueError, TypeError, onnx.checker.ValidationError) as error:
        raise WeightsError(f"{file} cannot be read as ONNX: {first_line(error)}") from None
    tensors = {name: _from_numpy(array) for name, array in arrays.items()}
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def _onnx_constants(graph: Any) -> Iterator[tuple[str, Any]]:
    """Tensors in Constant nodes, by the names of their outputs."""
    for node in graph.node:
        if node.op_type == "Constant":
            yield from ((node.output[0], one.t) for one in node.attribute if one.name == "value")


def _from_numpy(array: Any) -> Tensor | None:
    """Types that NumPy itself lacks become float32 or int8; text is left out."""
    if array.dtype.kind == "V":  # bfloat16, float8, int4 …
        array = array.astype("float32" if "float" in array.dtype.name else "int8")
    return torch.from_numpy(array.copy()) if array.dtype.kind in "biufc" else None


def _check_archive(file: Path) -> None:
    """Several programs write zip archives: only torch.save's holds a state dict."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name.rsplit("/", 1)[-1] for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError):
        raise WeightsError(f"{file} is damaged or incomplete: download or copy it again") from None
    if "constants.pkl" in names:
        raise WeightsError(f"{file} is a TorchScript program, not a state dict: {_SAVE}")
    if "archive_format" in names:
        raise WeightsError(f"{file} is a program of torch.export, not a state dict: {_SAVE}")
    if "data.pkl" not in names:
        raise WeightsError(f"{file} is a zip archive without a state dict; {_READ}")


class _Nothing:
    """Stand-in for an object that is not needed."""

    def __new__(cls, *given: object, **named: object) -> _Nothing:
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Discard the object's state."""


def _stand_ins() -> list[Any]:
    """One stand-in class per harmless name, for the unpickler."""
    paths = (path.rpartition(".") for path in _HARMLESS)
    return [type(name, (_Nothing,), {"__module__": module}) for module, _, name in paths]


def _read_torch(file: Path) -> dict[str, Tensor]:
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_stand_ins()):
            warnings.simplefilter("ignore")
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make torch's unpickler fail in any way
        raise _unreadable(file, str(error)) from None
    tensors = _find_state_dict(content)
    return tensors or _refuse_content(content, file)


def _unreadable(file: Path, text: str) -> WeightsError:
    """The meaning of torch's error, without its advice to disable weights_only."""
    if found := re.search(r"GLOBAL ([\w.]+)", text):
        objects = f"Python objects ({found[1]}), which are not read because they can run code"
        return WeightsError(f"{file} holds {objects}: {_SAVE}")
    if "Unsupported operand" in text:
        return WeightsError(f"{file} was saved with another pickle protocol than torch.save's own: {_SAVE}")
    return WeightsError(
        f"{file} cannot be read as a state dict: copy it again if it is damaged, else {_SAVE}"
    )


def _find_state_dict(content: object, depth: int = _DEPTH) -> dict[str, Tensor]:
    """The state dict: below a known key, else here, else below the only key that has tensors."""
    if not isinstance(content, Mapping) or not depth:
        return {}
    nested = {key: _find_state_dict(value, depth - 1) for key, value in content.items()}
    for key in _WRAPPERS:
        if nested.get(key):
            return nested[key]
    named = {name: one.detach() for name, one in content.items() if _is_named_tensor(name, one)}
    filled = [one for one in nested.values() if one]
    return filled[0] if len(filled) == 1 and all(not one.ndim for one in named.values()) else named


def _is_named_tensor(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, Tensor)


def _refuse_content(content: object, file: Path) -> NoReturn:
    if not isinstance(content, Mapping):
        raise WeightsError(f"{file} holds a {type(content).__name__}, not a state dict of tensors: {_SAVE}")
    inner = [one for one in (content, *content.values()) if isinstance(one, Mapping)]
    if any(isinstance(value, Tensor) for one in inner for value in one.values()):
        raise WeightsError(f"{file} holds tensors under numbers, not under their names: {_SAVE}")
    keys = ", ".join(repr(key)[:40] for key in list(content)[:8]) or "nothing"
    raise WeightsError(f"{file} holds no state dict where one is looked for, but {keys}: {_SAVE}")


def _plain_names(name: str) -> Iterator[str]:
    """The name, and the name with each of its prefixes removed."""
    yield name
    name = _WITHIN.sub("", name)
    yield name
    while prefix := next((one for one in _PREFIXES if name.startswith(one)), None):
        name = name.removeprefix(prefix)
        yield name
