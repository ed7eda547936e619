"""What a scanner leaves and no derivative should carry on, each act counted."""
