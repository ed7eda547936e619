"""What the sample collection is drawn with: noise, ink, signs, meshes; one module for each object."""
