"""The loops that are too slow in Python and torch, compiled from C."""

from charlm.kernels.library import DrawRule as DrawRule
from charlm.kernels.library import DrawWalk as DrawWalk
from charlm.kernels.library import Gathering as Gathering
from charlm.kernels.library import MemoryTurn as MemoryTurn
from charlm.kernels.library import Packing as Packing
from charlm.kernels.library import StreamBlock as StreamBlock
from charlm.kernels.library import StreamDraw as StreamDraw
from charlm.kernels.library import StreamLayer as StreamLayer
from charlm.kernels.library import StreamStack as StreamStack
from charlm.kernels.library import SuffixArray as SuffixArray
from charlm.kernels.library import Window as Window
from charlm.kernels.library import library as library
