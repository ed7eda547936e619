"""The one exception tree: each class is one thing that can go wrong, with a code, an exit status and a cure.

The text lives in ``heritage3d/messages`` under the code, in every language; a class only names the
fields that the text needs.

    Heritage3dError
    ├── UsageError            exit 2    H3D-1xx  wrong use of a command, a wrong workflow
    ├── CapturesError         exit 3    H3D-20x  the captures folder or its sheet cannot be used at all
    ├── ObjectError           exit 1    one object, page or model is at fault; the others go on
    │   ├── RecordError                 H3D-25x  a row, a page list, a scale file
    │   ├── ImageError, StitchError     H3D-3xx  pixels
    │   ├── MeshError                   H3D-41x  triangles and glTF
    │   ├── PhotogrammetryError         H3D-43x  photographs, cameras, surfaces made from them
    │   ├── IiifError                   H3D-51x  IIIF documents
    │   ├── RoomError                   H3D-54x  the VR room
    │   └── JobError                    H3D-70x  a job that crashed, hung or was killed
    ├── OutputError           exit 4    H3D-60x  the place of the results cannot be written
    │   └── BusyError         exit 75   H3D-690  another run holds it
    ├── TrustError            exit 1, 2 H3D-64x  keys, signatures, packages, provenance
    ├── EngineError           exit 5    H3D-750  the scheduler or the workers are gone
    ├── PartMissing           exit 6    H3D-8xx  a part of the installation is missing
    └── Interrupted           exit 130  H3D-910  ended from outside

One file for each family of codes; every class is at hand here.
"""

# ruff: noqa: F403  the families are said once, where they stand

from heritage3d.errors.base import *
from heritage3d.errors.captures import *
from heritage3d.errors.documents import *
from heritage3d.errors.images import *
from heritage3d.errors.installation import *
from heritage3d.errors.jobs import *
from heritage3d.errors.meshes import *
from heritage3d.errors.output import *
from heritage3d.errors.photographs import *
from heritage3d.errors.rooms import *
from heritage3d.errors.trust import *
from heritage3d.errors.usage import *
