"""The bundled data: small enough to travel with the package, each with its card beside it."""

from .digits import digits
from .names import names
from .sunspots import sunspots
