"""cosim: trained spiking networks onto cryogenic and analog hardware."""

__version__ = "0.1.0"
