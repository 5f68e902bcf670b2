"""The version of the package; between releases, that of the next one with ``.dev0``."""

__version__ = "0.2.0.dev0"
