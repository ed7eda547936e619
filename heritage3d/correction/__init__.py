"""Masters set right: skew, borders, gutters, and one resampling that applies them all."""
