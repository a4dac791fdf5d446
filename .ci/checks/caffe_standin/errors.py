"""How a net or its weights can fail."""


class CaffeFatal(Exception):
    """Caffe would abort here, or run on values that nobody trained."""


class Unsupported(Exception):
    """Caffe can do it, this stand-in cannot: nothing is proved either way."""


def require(condition, message):
    """Caffe's CHECK."""
    if not condition:
        raise CaffeFatal(message)
