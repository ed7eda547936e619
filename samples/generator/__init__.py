"""What the sample collection is drawn with: noise, ink, signs, meshes; one module for each object."""

import cv2

cv2.setNumThreads(1)
cv2.ipp.setUseIPP(False)  # its float filters round otherwise where memory is aligned otherwise: not the same bytes
