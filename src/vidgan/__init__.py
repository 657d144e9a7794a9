"""vidgan: a platform on which video GANs are trained, swept, compared and used."""

__version__ = "0.1.0"
