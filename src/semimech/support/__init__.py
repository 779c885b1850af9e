"""What every layer may use: errors, optional dependencies, progress, file writing."""
