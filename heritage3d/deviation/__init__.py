"""How far two surfaces lie apart: proved in both directions, never sampled where a maximum is stated."""
