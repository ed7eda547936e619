"""USDZ: one file with a model, its textures and its title, which phones show in the visitor's own room."""
