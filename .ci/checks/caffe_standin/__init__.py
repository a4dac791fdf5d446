"""A stand-in for BVLC Caffe: it builds a net in the TEST phase, loads weights by Caffe's rules, and runs it in double
precision.

It is written after Caffe's own code, not after bnfold's, so that both cannot be wrong in the same way. Where Caffe ends
in a CHECK failure, this raises `CaffeFatal`; where Caffe goes on but no deploy pair may rely on it (weights that are
missing, a Convolution that works in place), it raises that as well.
"""

from .comparison import Difference, difference, read_reference
from .errors import CaffeFatal, Unsupported
from .net import Net
from .weights import load_net, load_weights

__all__ = [
    "CaffeFatal",
    "Difference",
    "Net",
    "Unsupported",
    "difference",
    "load_net",
    "load_weights",
    "read_reference",
]
