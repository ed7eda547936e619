"""H3D-7xx: jobs that died, and the engine."""

from __future__ import annotations

from heritage3d.errors.base import Heritage3dError, ObjectError


class JobError(ObjectError):
    """A job failed in a way that no stage foresaw. Fields: file, stage, detail."""

    code = "H3D-700"


class JobCrashed(JobError):
    """Native code crashed on this file. Fields: file, stage, detail."""

    code = "H3D-701"


class JobTimeout(JobError):
    """The job ran longer than its limit. Fields: file, stage, seconds."""

    code = "H3D-702"


class JobKilled(JobError):
    """The worker was killed from outside, or went over its memory. Fields: file, stage, limit."""

    code = "H3D-703"


class EngineError(Heritage3dError):
    """The Dask scheduler or all workers are gone. Fields: detail."""

    code, exit_status = "H3D-750", 5
