"""IIIF documents: image services, manifests and collections; write, check, info."""
