"""What an estimate with thousands of samples may take in memory, measured in a process of its own."""

import os
import subprocess
import sys

import pytest
from support import REPOSITORY

IMAGES, SAMPLES, CHUNK = 1_000, 5_000, 25  # all samples at once would be 1.3 GB for the pixels' logits alone
PROGRAM = f"""
import sys
from pathlib import Path
import torch
from vae_course import course
from vae_course.models.data import digits
from vae_course.models.digit_nets import digit_vae

torch.set_num_threads(1)
if sys.argv[1] == "toolbox":
    from vae_course.models.toolbox.stage_07 import log_evidence
else:
    from vae_course.checks.answer import Written
    from vae_course.checks.sealing import reference_program
    with Written(reference_program(course.find_stage("07"))).names({{}}, 60) as names:
        log_evidence = names["log_evidence"]
train, _ = digits()
x = train[:{IMAGES}]
assert len(x) == {IMAGES}
value = log_evidence(x, digit_vae(train, z_dim=8), {SAMPLES}, {CHUNK}, torch.Generator().manual_seed(0))
assert value.shape == ({IMAGES},) and bool(value.isfinite().all())
if sys.platform == "linux":  # there ru_maxrss counts what the process that started this one held before
    print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024)
else:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("version", ["toolbox", "lesson"])
def test_five_thousand_samples_of_a_thousand_digits_stay_under_a_gigabyte(version):
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, version], capture_output=True, text=True, timeout=300,
        # glibc then gives freed blocks back at once: what counts is what is held, and not what the allocator keeps for later
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": "65536"},
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 1e9
