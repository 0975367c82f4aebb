"""The bundled data: small enough to travel with the package, each with its card beside it."""

from .digits import digits
