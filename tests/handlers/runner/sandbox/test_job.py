"""A job arrives unchanged in the process that creates the sandbox, and limits are applied as stated."""

import io

from runner.sandbox.inside.job import Job
from runner.sandbox.inside.limits import Limits


def test_a_job_arrives_as_it_was_sent() -> None:
    job = Job(
        command=("/bin/a", "-x"),
        environment={"A": "ä\n"},
        shown=("/usr",),
        files={"a/b.py": b"x = 1\n", "empty": b"", "ä.bin": bytes(range(256))},
        limits=Limits(wall_seconds=1.5, processes=7),
        report=5,
        contained=False,
        hidden=("/home",),
        packages={"p": "/opt/p"},
    )
    assert Job.decode(io.BytesIO(job.encode())) == job


def test_a_job_that_names_little_is_contained_within_the_usual_limits() -> None:
    job = Job.decode(io.BytesIO(Job((), {}, (), {}).encode()))
    assert (job.contained, job.report, job.hidden, job.packages, job.files) == (True, -1, (), {}, {})
    assert job.limits == Limits(
        wall_seconds=120,
        cpu_seconds=60,
        memory_bytes=2**30,
        processes=256,
        open_files=256,
        file_bytes=2**25,
        disk_bytes=2**26,
        disk_files=2**13,
        output_bytes=2**16,
        report_bytes=2**22,
    )
