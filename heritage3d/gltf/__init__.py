"""The glTF container and its codecs: read, write, check, info."""
