"""The GPU kernels: results in Triton's interpreter, compilation and, with a GPU, counts."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from summit_graph.aggregate.batches import BatchCounter, choose_kernel
from summit_graph.records import Parameters
from tests.small_model import full_counted, small_pixels

ROOT = Path(__file__).parents[1]
HAS_GPU = torch.cuda.is_available()
#: Kernel side, positions, outputs of a tile: the smallest and largest in GoogLeNet.
SHAPES = [(3, 7, 128), (5, 7, 64), (5, 7, 32)]


def run_kernel_tests(**environment: str) -> None:
    """Run tests/gpu_kernels.py in its own process."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/gpu_kernels.py"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


@pytest.mark.skipif(HAS_GPU, reason="the compiled kernels are tested")
def test_kernels_equal_the_reference_in_the_interpreter():
    """Influences and counts equal those of the reference, without a GPU."""
    pytest.importorskip("triton")
    run_kernel_tests(TRITON_INTERPRET="1")


@pytest.mark.skipif(not HAS_GPU, reason="needs a CUDA GPU")
def test_kernels_equal_the_reference_on_the_gpu():
    """The same tests with compiled kernels."""
    run_kernel_tests(TRITON_INTERPRET="0")


@pytest.mark.slow
@pytest.mark.parametrize("capability", [80, 90])
def test_sums_compile_to_float32_multiply_adds(capability):
    """Compiled without a GPU: each product is one float32 FMA, taps are loaded once, no TF32 is used."""
    triton = pytest.importorskip("triton")
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from summit_graph.aggregate.triton_kernels import keep_largest_sums

    pointers = dict.fromkeys(("planes", "taps", "factors", "found"), "*fp32")
    numbers = [one for one in keep_largest_sums.arg_names if one.islower() and one not in pointers]
    for side, positions, outputs in SHAPES:
        fixed = {"TALL": side, "WIDE": side, "POSITIONS": positions, "OUTPUTS": outputs, "FACTORED": False}
        fixed |= dict.fromkeys(("DOWN", "ACROSS", "DOWN_DILATION", "ACROSS_DILATION"), 1)
        signature = pointers | dict.fromkeys(numbers, "i32") | dict.fromkeys(fixed, "constexpr")
        source = ASTSource(fn=keep_largest_sums, signature=signature, constexprs=fixed)
        target = GPUTarget("cuda", capability, 32)
        text = triton.compile(source, target=target, options={"num_warps": 1}).asm["ptx"]
        assert text.count("fma.rn.f32") == side * side * positions * outputs // 32
        assert text.count("ld.global") <= side * side * outputs // 32 + side * (positions + side - 1)
        assert "mma." not in text


def test_auto_kernel_depends_on_the_device():
    """The fused kernel on a CPU, and on a GPU if Triton is installed."""
    assert choose_kernel("auto", "cpu") == "fused"
    pytest.importorskip("triton")
    assert choose_kernel("auto", "cuda:1") == "fused"
    assert choose_kernel("reference", "cuda") == "reference"


def test_counting_on_a_cpu_does_not_import_triton():
    """The import succeeds without Triton."""
    code = "import sys; sys.modules['triton'] = None; import summit_graph.aggregate.run"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.skipif(not HAS_GPU, reason="needs a CUDA GPU")
def test_cpu_and_gpu_counts_are_equal():
    """Except for ties within rounding: the sum of absolute differences is at most 2e-4 of the counts."""
    model, pixels = full_counted(), small_pixels(8)
    gpu, cpu = (
        BatchCounter(model, Parameters(), device=device).count(pixels).cells.astype(np.int64)
        for device in ("cuda", "cpu")
    )
    assert np.abs(gpu - cpu).sum() <= 2e-4 * cpu.sum()


@pytest.mark.skipif(not HAS_GPU, reason="needs a CUDA GPU")
def test_a_full_gpu_counts_fewer_images_at_a_time():
    """With 400 MB of memory, 64 images are counted in parts; counts are equal except for rounding."""
    model, pixels = full_counted(), small_pixels(64)
    plenty = BatchCounter(model, Parameters(), device="cuda").count(pixels)
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((400 << 20) / total)
    try:
        counter = BatchCounter(model, Parameters(), device="cuda")
        little = counter.count(pixels)
        assert counter._together < 64
        apart = np.abs(little.cells.astype(np.int64) - plenty.cells.astype(np.int64)).sum()
        assert apart <= 2e-4 * plenty.cells.sum(dtype=np.int64)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
