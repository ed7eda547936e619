"""The look of a master on its levels of detail: texture places, baked maps, and pictures that compare them."""
