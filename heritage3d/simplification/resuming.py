"""Collapses within a limit, with a memory: where less is allowed afterwards, only what it touches is done again.

Late in the work, when edges begin to be refused, the mesh is kept, and from then on every collapse is written down. A
second try starts from there: a collapse whose surroundings are as they were is done as before, without asking anew
what else might be; where a sample is allowed less, or a neighbour was done otherwise, places are free to choose again.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled
from heritage3d.deviation.surface import distances
from heritage3d.simplification.rounds import Riders, Working

# The mesh is kept when the first round has less than this share of its edges collapsed.
_LATE = 0.7


@dataclass
class Trail:
    """A mesh as it was kept, the samples on its faces, and what was collapsed since: the places that proposed, and
    which edge of their stars, round by round. ``seats`` says on which face each sample was."""

    mesh: Working
    riders: Riders
    seats: NDArray[np.int32]
    rounds: list[tuple[NDArray[np.int32], NDArray[np.int8]]] = field(default_factory=list)


def within(mesh: Working, riders: Riders) -> Trail | None:
    """Collapse edges, the cheapest ones first, for as long as the samples allow any; None where hardly any was ever
    refused."""
    riders.mount(mesh.triangles)
    return _finished(mesh, riders, None)


def again(trail: Trail, fewer: NDArray[np.integer]) -> tuple[Working, Trail]:
    """The mesh that the work comes to where these samples are allowed less than before, and how it came there."""
    mesh, riders = trail.mesh.copy(), _on_faces(trail.riders)
    touched = np.zeros(len(mesh.points), np.bool_)
    touched[mesh.face_places[trail.seats[fewer]]] = True
    new = Trail(trail.mesh, trail.riders, trail.seats)
    for rows, choices in trail.rounds:
        mesh.choice[rows] = choices
        kept = _untouched(rows, mesh.choice, mesh.start, mesh.ahead, mesh.behind, touched)
        rows, choices = rows[kept], choices[kept]
        mesh.collapse(rows, riders)
        new.rounds.append((rows, choices))
        mesh.refresh()
    # Elsewhere all that could go went: nobody proposes there until a neighbour changes.
    mesh.cost[:], mesh.choice[:] = np.inf, -1
    free = _around(touched, mesh.start, mesh.ahead, mesh.behind)
    mesh.refused[free] = 0
    mesh.propose(free[mesh.start[free + 1] > mesh.start[free]].astype(np.int32))
    _finished(mesh, riders, new)
    return mesh, new


def held(trail: Trail, fewer: NDArray[np.integer]) -> float:
    """The share of these samples that kept what they are allowed now when the mesh was kept, 1 where there are none."""
    faces = trail.mesh.face_places[trail.seats[fewer]]
    away = distances(trail.riders.samples[fewer][:, None], trail.mesh.points[faces])[:, 0]
    return float(np.mean(away**2 <= trail.riders.allowed[fewer])) if len(fewer) else 1.0


def _finished(mesh: Working, riders: Riders, trail: Trail | None) -> Trail | None:
    while mesh.triangles:
        rows = mesh.chosen(mesh.order(), len(mesh.points))
        if not len(rows):
            break
        choices, before = mesh.choice[rows], None if trail is not None else (mesh.copy(), _on_faces(riders))
        done = mesh.collapse(rows, riders)
        if before is not None and np.count_nonzero(done) < _LATE * len(rows):
            trail = Trail(*before, _seats(before[1].head, before[1].after))
        if trail is not None:
            trail.rounds.append((rows[done], choices[done]))
        mesh.propose(mesh.refresh())
    return trail


def _on_faces(riders: Riders) -> Riders:
    """The same samples, on the same faces, to be moved apart from these."""
    other = copy.copy(riders)
    other.head, other.after = riders.head.copy(), riders.after.copy()
    return other


@compiled
def _seats(head: Any, after: Any) -> Any:
    """The face of each sample."""
    seats = np.full(len(after), -1, np.int32)
    for face in range(len(head)):
        sample = head[face]
        while sample >= 0:
            seats[sample] = face
            sample = after[sample]
    return seats


@compiled
def _untouched(rows: Any, choice: Any, start: Any, ahead: Any, behind: Any, touched: Any) -> Any:
    """Which collapses of a round find their surroundings as they were; those around the others do not any more."""
    kept = np.ones(len(rows), np.bool_)
    for row in range(len(rows)):
        a = rows[row]
        b = ahead[start[a] + choice[a]]
        if not touched[a] and not touched[b]:
            continue
        kept[row] = False
        for end in range(2):
            place = b if end == 1 else a
            touched[place] = True
            for at in range(start[place], start[place + 1]):
                touched[ahead[at]], touched[behind[at]] = True, True
    return kept


@compiled
def _around(touched: Any, start: Any, ahead: Any, behind: Any) -> Any:
    """The touched places and their neighbours, in rising order."""
    near = touched.copy()
    for place in range(len(touched)):
        if touched[place]:
            for at in range(start[place], start[place + 1]):
                near[ahead[at]], near[behind[at]] = True, True
    return np.flatnonzero(near)
