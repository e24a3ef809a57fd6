"""Machine code for the loops that Python and torch are too slow for."""

from charlm.kernels.library import MOST_SHARES as MOST_SHARES
from charlm.kernels.library import UNITS as UNITS
from charlm.kernels.library import Drawing as Drawing
from charlm.kernels.library import Gathering as Gathering
from charlm.kernels.library import Layer as Layer
from charlm.kernels.library import Packing as Packing
from charlm.kernels.library import Stack as Stack
from charlm.kernels.library import Window as Window
from charlm.kernels.library import library as library
