"""The controllers of an ntm (cells/ntm.py), step by step forwards and from the last step to the first. Torch tensors.

Shape letters: T time, B rows, K sums, H hidden, R numbers read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


class Controller(ABC):
    """What is projected (T, B, K), and the matrix of all that a step knows of the past, (K, M)."""

    past: Tensor  # (T, B, M)
    controls: Tensor  # (T, B, H), the output of each step

    def __init__(self, projected: Tensor, matrix: Tensor) -> None:
        self.matrix = matrix
        self.turned = matrix.T.contiguous()  # small products read it faster so
        T, B, _ = projected.shape
        self.past = projected.new_empty(T, B, matrix.shape[1])

    @property
    @abstractmethod
    def own(self) -> tuple[Tensor, ...]:
        """Its own state after the window."""

    @abstractmethod
    def forward(self, t: int, read: Tensor) -> Tensor:
        """What was read before step t, (B, R) -> the output of step t, (B, H)."""

    @abstractmethod
    def backwards(self, *d_own: Tensor) -> ControllerBack:
        """What takes the steps back, from the gradient of its own state after the window."""


class ControllerBack(ABC):
    """The steps of a controller from the last to the first."""

    d_sums: Tensor  # (T, B, K), of the steps that were taken back
    d_own: tuple[Tensor, ...]  # the gradient of its own state before the step that was last taken back

    @abstractmethod
    def backward(self, t: int, d_control: Tensor) -> Tensor:
        """The gradient of the output of step t, (B, H) -> that of what was read before it, (B, R)."""


class TanhController(Controller):
    """h_c = tanh(projected + U_r r)."""

    def __init__(self, projected: Tensor, matrix: Tensor) -> None:
        super().__init__(projected, matrix)
        self.controls = torch.empty_like(projected)
        self._steps = list(zip(projected, self.past, self.controls, strict=True))

    @property
    def own(self) -> tuple[Tensor, ...]:
        return ()

    def forward(self, t: int, read: Tensor) -> Tensor:
        projected, past, control = self._steps[t]
        return torch.addmm(projected, past.copy_(read), self.turned, out=control).tanh_()

    def backwards(self, *d_own: Tensor) -> TanhBack:
        return TanhBack(self)


class TanhBack(ControllerBack):
    def __init__(self, forwards: TanhController) -> None:
        self.matrix, self.d_own = forwards.matrix, ()
        self.d_sums = 1 - forwards.controls.square()
        self._steps = self.d_sums.unbind()

    def backward(self, t: int, d_control: Tensor) -> Tensor:
        return self._steps[t].mul_(d_control) @ self.matrix


class LSTMController(Controller):
    """The output of an lstm whose past is [h; r]: i, f, g and o are the parts of projected + [U U_r] [h; r]."""

    def __init__(self, projected: Tensor, matrix: Tensor, h: Tensor, c: Tensor) -> None:
        super().__init__(projected, matrix)
        T, B, K = projected.shape
        H = K // 4
        self.gates, self.controls = torch.empty_like(projected), projected.new_empty(T, B, H)
        self.c = projected.new_empty(T + 1, B, H)
        self.c[0] = c
        i, f, g, o = self.gates.chunk(4, -1)
        each = (projected, self.past, self.gates, self.gates[..., : 2 * H], i, f, g, o, self.c[:-1], self.c[1:])
        self._h = h
        self._steps = list(zip(*each, self.controls, strict=True))

    @property
    def own(self) -> tuple[Tensor, ...]:
        return self.controls[-1], self.c[-1]

    def forward(self, t: int, read: Tensor) -> Tensor:
        projected, past, sums, i_f, i, f, g, o, c, new_c, control = self._steps[t]
        torch.addmm(projected, torch.cat([self._h, read], -1, out=past), self.turned, out=sums)
        i_f.sigmoid_()
        torch.mul(f, c, out=new_c).addcmul_(i, g.tanh_())
        self._h = torch.tanh(new_c, out=control)
        return self._h.mul_(o.sigmoid_())

    def backwards(self, *d_own: Tensor) -> LSTMBack:
        return LSTMBack(self, *d_own)


class LSTMBack(ControllerBack):
    """A gradient of a sum is that of h or of c times a factor; the factors of all steps are computed beforehand."""

    def __init__(self, forwards: LSTMController, d_h: Tensor, d_c: Tensor) -> None:
        self.matrix, self.d_own = forwards.matrix, (d_h, d_c)
        i, f, g, o = forwards.gates.chunk(4, -1)
        known = forwards.c[1:].tanh()
        of_c = (g * i * (1 - i), forwards.c[:-1] * f * (1 - f), i * (1 - g * g))
        self.d_sums = torch.cat([*of_c, known * o * (1 - o)], -1)
        T, B, H = known.shape
        parts = self.d_sums.view(T, B, 4, H)
        self._steps = list(zip(self.d_sums, parts[:, :, :3], parts[:, :, 3], o * (1 - known * known), f, strict=True))

    def backward(self, t: int, d_control: Tensor) -> Tensor:
        d_sums, of_c, of_h, to_c, forget = self._steps[t]
        d_h, d_c = self.d_own
        d_h = d_h + d_control
        d_c = d_c.addcmul(d_h, to_c)
        of_c.mul_(d_c[:, None])
        of_h.mul_(d_h)
        d_past: Tensor = d_sums @ self.matrix
        H = d_h.shape[-1]
        self.d_own = d_past[:, :H], d_c * forget
        return d_past[:, H:]
