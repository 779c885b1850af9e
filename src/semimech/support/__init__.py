"""What every floor may use: errors, optional dependencies, progress, file writing."""
