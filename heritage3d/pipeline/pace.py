"""How long jobs take on this machine: what the ledger remembers, and what this run has seen so far."""

from __future__ import annotations

from heritage3d.pipeline.stage import Stage

_UNKNOWN_S = 1.0  # at least, until the first job of a stage has ended: it travels alone
_BYTES_HASHED_PER_S = 4e8


def seconds_to_hash(size: int) -> float:
    """Seconds that hashing so many bytes of captures should take."""
    return size / _BYTES_HASHED_PER_S


class Pace:
    """Seconds and bytes of all jobs of each stage: stage -> (seconds, bytes read, bytes written, jobs)."""

    def __init__(self, told: dict[str, tuple[float, int, int, int]] | None = None) -> None:
        self._told = dict(told or {})

    def took(self, stage: str, seconds: float, bytes_in: int, bytes_out: int = 0) -> None:
        """A job has ended."""
        sums = self._told.get(stage, (0.0, 0, 0, 0))
        self._told[stage] = (sums[0] + seconds, sums[1] + bytes_in, sums[2] + bytes_out, sums[3] + 1)

    def expected(self, stage: Stage, bytes_in: int | None, *, guess: bool = False) -> float:
        """Seconds that a job of this stage should take for so many bytes (None: not known yet).

        Where none was measured a ``guess`` trusts the declaration; else the job counts as no short one.
        """
        seconds, read, _written, jobs = self._told.get(stage.name, (0.0, 0, 0, 0))
        if not jobs:
            declared = (bytes_in or 0) / 1e6 * stage.seconds_per_mb
            return declared if guess else max(declared, _UNKNOWN_S)
        return bytes_in * seconds / read if read and bytes_in is not None else seconds / jobs

    def written(self, stage: Stage, bytes_in: int) -> float:
        """Bytes that a job of this stage should write."""
        _seconds, read, written, jobs = self._told.get(stage.name, (0.0, 0, 0, 0))
        return bytes_in * (written / read if jobs and read else stage.bytes_out_per_byte)
