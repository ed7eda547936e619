"""From photographs to a scaled, textured, measured surface."""
