"""A sort for other compiled loops: numba's own takes seven seconds to compile."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heritage3d.compiled import compiled


@compiled
def sort_with(keys: NDArray[Any], entries: NDArray[np.int32], size: int) -> None:
    """Sort the first ``size`` keys, and with them the entries, which are distinct; equal keys by their entries.

    Shell's sort with the steps of Knuth, The Art of Computer Programming, volume 3, section 5.2.1.
    """
    step = 1
    while step < size // 3:
        step = 3 * step + 1
    while step > 0:
        for at in range(step, size):
            key, entry, back = keys[at], entries[at], at
            while back >= step:
                other = keys[back - step]
                if other < key or (other == key and entries[back - step] < entry):
                    break
                keys[back], entries[back] = other, entries[back - step]
                back -= step
            keys[back], entries[back] = key, entry
        step //= 3
