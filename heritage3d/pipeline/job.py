"""One job, as a worker runs it: compute in a work folder, hash, bind addresses, rename into ``kept/``.

A job is guarded: whatever happens inside (an exception, a crash of native code, a hang) comes back as one
typed outcome, and nothing but a complete result ever appears in ``kept/``.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import hashlib
import importlib
import os
import pickle
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from heritage3d.errors import (
    CaptureChanged,
    CaptureUnreadable,
    Heritage3dError,
    JobCrashed,
    JobError,
    JobKilled,
    JobTimeout,
    ObjectErrors,
    PartMissing,
)
from heritage3d.pipeline import addresses
from heritage3d.pipeline.digests import Entry, digest_of, files_below, print_of, relative, sha256_of
from heritage3d.pipeline.kinds import kind
from heritage3d.pipeline.stage import Artefact, Output, Stage, stages
from heritage3d.pipeline.store import make_durable, move, output_error, remove


@dataclass(frozen=True)
class Spec:
    """All that a worker needs to run a job; small and picklable."""

    object: str
    step: str
    slot: str
    stage: str
    module: str  # where the stage is declared, so that a worker can import it
    inputs: tuple[tuple[str, bool, tuple[Artefact, ...]], ...]  # parameter, one or a list, artefacts
    options: dict[str, Any]
    work: str  # the folder to compute in: unique to the job
    kept: str  # where the result goes
    base: str  # what "here" is bound to, when the stage writes one artefact
    folders: dict[str, str] = field(default_factory=dict)  # kind -> address of its folder, when it writes many
    limit_s: float = 0.0
    bytes_in: int = 0  # of its inputs, or of the captures to hash
    captures: tuple[Path, ...] = ()  # no stage at all: captures to hash on arrival

    @property
    def note(self) -> Path:
        """A file that exists once the job began, and holds text if it crashed."""
        return Path(f"{self.work}.note")


@dataclass(frozen=True)
class Made:
    """One artefact that a job made: ``path`` is below ``kept`` ("" = all of it), or absolute for a capture."""

    kind: str
    name: str
    path: str
    digest: str
    print: str
    files: tuple[Entry, ...]
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a job ended: made, or an error, or both where only some of its input was usable.

    ``trace`` is for developers and goes to the ledger only.
    """

    made: tuple[Made, ...] = ()
    hashed: dict[str, tuple[str, int, str]] = field(default_factory=dict)  # capture -> print, bytes, SHA-256
    seconds: float = 0.0
    error: Heritage3dError | None = None
    trace: str = ""


def run_bundle(specs: list[Spec]) -> list[bytes]:
    """Run jobs one after another in this process (a Dask task); ``opened`` reads the answers.

    What they made is brought to the disk once for all of them, before any of it gets its name.
    """
    outcomes = [_computed(spec) for spec in specs]
    fault = _durable([spec for spec, outcome in zip(specs, outcomes, strict=True) if outcome.made])
    return [_sealed(spec, _named(spec, outcome, fault)) for spec, outcome in zip(specs, outcomes, strict=True)]


def guarded(spec: Spec) -> Outcome:
    """Run one job; every way of failing comes back as an Outcome, except the death of the process.

    A crash or a hang in native code ends the process, and leaves its reason in ``spec.note``.
    """
    outcome = _computed(spec)
    return _named(spec, outcome, _durable([spec] if outcome.made else []))


def _durable(specs: list[Spec]) -> OSError | None:
    """Bring what jobs computed to the disk; what prevented it."""
    try:
        if specs:
            make_durable(Path(specs[0].work))
    except OSError as error:
        return error
    return None


def _named(spec: Spec, outcome: Outcome, fault: OSError | None) -> Outcome:
    """Give a durable result its name below ``kept/``: only now does it exist for others."""
    if not outcome.made:
        return outcome
    try:
        if fault:
            raise fault
        if os.path.lexists(spec.kept):
            remove(spec.kept)
        move(spec.work, spec.kept)
    except (OSError, Heritage3dError) as error:
        remove(spec.work)
        return Outcome(seconds=outcome.seconds, error=as_error(error, spec))
    return outcome


def _sealed(spec: Spec, outcome: Outcome) -> bytes:
    # Dask brings tblib, which pickles the causes of errors too, whatever exception of whatever library they are.
    for error in (outcome.error, *getattr(outcome.error, "errors", ())):
        if error is not None:
            error.__cause__ = error.__context__ = error.__traceback__ = None
    try:
        return pickle.dumps(outcome)
    except Exception as error:  # noqa: BLE001  an error class that cannot travel
        return pickle.dumps(Outcome(error=as_error(error, spec), trace=traceback.format_exc()))


def opened(spec: Spec, answer: bytes) -> Outcome:
    """The outcome in an answer of a worker.

    Dask waits for ever for an answer that it cannot unpickle (an error class that only the worker's
    installation has), so answers travel as bytes and are opened here.
    """
    try:
        outcome = pickle.loads(answer)  # noqa: S301  from our own worker
    except Exception as error:  # noqa: BLE001  whatever the class in question raises
        outcome = Outcome(error=as_error(error, spec), trace=traceback.format_exc())
    return outcome if isinstance(outcome, Outcome) else Outcome(error=as_error(TypeError(type(outcome)), spec))


def _computed(spec: Spec) -> Outcome:
    """Run one job up to its complete result in ``spec.work``."""
    began = time.monotonic()
    told = spec.note
    try:
        if cause := _begun(told):
            return Outcome(error=blamed(spec, cause), trace=cause)  # Dask tries a job again that has killed a worker
        with open(told, "w") as note:  # noqa: PTH123
            faulthandler.enable(note, all_threads=False)
            if spec.limit_s:
                faulthandler.dump_traceback_later(spec.limit_s, exit=True, file=note)  # a C thread: needs no GIL
            try:
                hashed = {str(path): _hashed(path) for path in spec.captures}
                made, faults = ((), None) if spec.captures else _perform(spec)
            finally:
                faulthandler.cancel_dump_traceback_later()
                faulthandler.disable()
        told.unlink()
        return Outcome(made, hashed, time.monotonic() - began, faults)
    except BaseException as error:  # noqa: BLE001  SystemExit would kill the worker
        trace = "" if isinstance(error, Heritage3dError) else traceback.format_exc()
        remove(spec.work)
        with contextlib.suppress(OSError):
            told.unlink(missing_ok=True)
        return Outcome(seconds=time.monotonic() - began, error=as_error(error, spec), trace=trace)


def _begun(note: Path) -> str:
    """What a worker that died over the job wrote into its note; nothing where the job has not begun before."""
    return note.read_text("utf-8", "replace") if os.path.lexists(note) else ""


def blamed(spec: Spec, cause: str) -> Heritage3dError:
    """The error of a job that ended its process; ``cause`` is what faulthandler wrote into the note."""
    first = first_input(spec)
    if "Timeout (" in cause:
        return JobTimeout(file=first, stage=spec.stage, seconds=round(spec.limit_s))
    reason = cause.split("\n", 1)[0].removeprefix("Fatal Python error: ").strip()
    return JobCrashed(file=first, stage=spec.stage, detail=reason[:120])


def first_input(spec: Spec) -> str:
    """The file that a job is about."""
    return next((str(artefact.path) for _name, _one, artefacts in spec.inputs for artefact in artefacts), "")


def as_error(error: BaseException, spec: Spec) -> Heritage3dError:
    """The typed error for anything that a stage let through."""
    first = first_input(spec)
    if isinstance(error, Heritage3dError):
        if "file" not in error.fields and type(error).exit_status == 1:
            error.fields["file"] = first
        return error
    if isinstance(error, MemoryError):
        return JobKilled(file=first, stage=spec.stage, limit="the memory of this computer")
    if isinstance(error, ImportError):
        return PartMissing(part=error.name or str(error), detail=str(error))
    if isinstance(error, OSError):
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
            return output_error(error, Path(spec.kept))
        if error.filename and str(error.filename).startswith(str(Path(spec.work).parent)):
            return output_error(error, Path(spec.kept))
        return CaptureUnreadable(file=error.filename or first, detail=error.strerror or str(error))
    return JobError(file=first, stage=spec.stage, detail=f"{type(error).__name__}: {error}"[:300])


def _hashed(path: Path) -> tuple[str, int, str]:
    """Print, bytes and SHA-256 of a capture. Raises CaptureChanged, CaptureUnreadable."""
    try:
        before = print_of(path, [""])
        sha256 = sha256_of(path)
        if before != print_of(path, [""]):
            raise CaptureChanged(file=path)
        return before, path.stat().st_size, sha256
    except OSError as error:
        raise CaptureUnreadable(file=path, detail=error.strerror or "cannot be read") from error


def _perform(spec: Spec) -> tuple[tuple[Made, ...], ObjectErrors | None]:
    stage = declared(spec)
    dest = Path(spec.work)
    try:
        dest.mkdir(parents=True)
    except FileExistsError:  # of a worker that died over it
        remove(dest)
        dest.mkdir()
    faults = None
    try:
        returned = stage.run(*_arguments(spec, stage), dest, **stage.keywords(stage.Options(**spec.options)))
    except ObjectErrors as error:
        if not error.outputs:
            raise
        # Some of it is usable: the steps behind run on that, so that all bad files are named at once.
        returned, faults = error.outputs, ObjectErrors(error.errors)
    outputs = list(returned) if stage.many else [Output(stage.writes[0], "", dest, evidence=_plain(returned))]
    return tuple(_made(output, dest, spec) for output in outputs), faults


def declared(spec: Spec) -> Stage:
    """The stage of a job, imported where this process has not met it yet."""
    import heritage3d.stages  # noqa: F401  registers the stages of the package

    if spec.stage not in stages():
        importlib.import_module(spec.module)
    return stages()[spec.stage]


def _arguments(spec: Spec, stage: Stage) -> list[Any]:
    rich = {entry.name: entry.rich for entry in stage.inputs}
    given: list[Any] = []
    for name, one, artefacts in spec.inputs:
        values = [artefact if rich[name] else artefact.path for artefact in artefacts]
        given.append(values[0] if one else values)
    return given


def _plain(evidence: Any) -> dict[str, Any]:
    if evidence is None:
        return {}
    return evidence.model_dump(mode="json") if isinstance(evidence, BaseModel) else dict(evidence)


def _made(output: Output, dest: Path, spec: Spec) -> Made:
    """Hash an output, then bind its addresses: the digest is of the bytes before, the listing of those after."""
    inside = output.path == dest or dest in output.path.parents
    if not inside:  # a capture: the parent knows its digest
        companions = tuple(str(path) for path in output.files)
        return Made(output.kind, output.name, str(output.path), "", "", (), {**output.evidence, "": companions})
    if not output.path.exists():
        raise JobError(file=output.path.name, stage=spec.stage, detail="the stage did not write what it promised")
    told = kind(output.kind)
    here = addresses.join(spec.base, spec.folders[output.kind])
    neutral: list[Entry] = []
    bound: list[Entry] = []
    for path in files_below(output.path):
        entry = Entry(relative(path, output.path), os.path.getsize(path), sha256_of(path))  # noqa: PTH202  a hot path
        neutral.append(entry)
        if path.name in told.addressed:
            content = addresses.dump(addresses.rebind(addresses.load(path), addresses.HERE, here))
            path.write_bytes(content)
            entry = Entry(entry.path, len(content), hashlib.sha256(content).hexdigest())
        bound.append(entry)
    place = relative(output.path, dest)
    seen = print_of(output.path, [entry.path for entry in bound])
    return Made(output.kind, output.name, place, digest_of(neutral), seen, tuple(bound), output.evidence)
