"""The container and its codecs: read, write, check and tell about glTF 2.0 and GLB."""
