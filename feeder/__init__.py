"""feeder turns newspaper page texts into feeds people subscribe to."""

__version__ = "0.1.0"
