"""From a perturbation screen to a mechanistic model you can trust, and to the next experiment."""

__all__ = ["__version__"]


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that `import semimech` itself loads nothing heavy."""
    if name == "__version__":
        from importlib.metadata import version

        return version("semimech")
    raise AttributeError(f"module 'semimech' has no attribute {name!r}")
