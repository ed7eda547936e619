"""Open3D, brought in where it is needed and with a cure where it cannot be loaded."""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

from heritage3d.errors import PartMissing


@functools.cache
def load_open3d() -> Any:
    """The module open3d. Raises PartMissing.

    Its wheel for Linux needs ``libusb-1.0.so.0``; loading the copy of libusb-package first fulfils that
    without a system package, because both have the same SONAME.
    """
    try:
        if sys.platform == "linux":
            import libusb_package

            ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)
        import open3d as module
    except (ImportError, OSError) as error:
        raise PartMissing(part="open3d", detail=str(error)) from error
    module.utility.set_verbosity_level(module.utility.VerbosityLevel.Error)
    return module
