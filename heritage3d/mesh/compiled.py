"""See heritage3d.compiled."""

from heritage3d.compiled import compiled as compiled
from heritage3d.compiled import compiled_parallel as compiled_parallel
