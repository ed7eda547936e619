"""Quality at capture: targets, sharpness, exposure, and a verdict that says what to change."""
