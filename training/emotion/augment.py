"""What training does to pictures: geometry as our alignment errs, and the faults of webcams."""

import io
import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

MIDDLE_GREY = 129.5


def uniform(count: int, low: float, high: float) -> Tensor:
    return torch.rand(count) * (high - low) + low


def chance(count: int, probability: float) -> Tensor:
    """Indices of the pictures that were drawn, each with the same probability."""
    return torch.nonzero(torch.rand(count) < probability)[:, 0]


def warp(crops: Tensor, matrices: Tensor) -> Tensor:
    """`crops` `[N, 1, H, W]` seen through `affine_grid` matrices `[N, 2, 3]`; edges repeat."""
    grid = F.affine_grid(matrices, list(crops.shape), align_corners=False)
    return F.grid_sample(crops, grid, padding_mode="border", align_corners=False)


def similarity(turn: Tensor, scale: Tensor, shift: Tensor, mirror: Tensor) -> Tensor:
    """Matrices `[N, 3, 3]`: radians, picture widths per crop width, half widths, 1 or -1."""
    matrices = torch.zeros(len(turn), 3, 3)
    cos, sin = turn.cos() * scale, turn.sin() * scale
    matrices[:, 0, 0], matrices[:, 0, 1] = cos * mirror, -sin
    matrices[:, 1, 0], matrices[:, 1, 1] = sin * mirror, cos
    matrices[:, :2, 2] = shift
    matrices[:, 2, 2] = 1
    return matrices


def geometry(crops: Tensor, framing: Tensor, aligned: float = 0.5, extent: float = 1.0) -> Tensor:
    """Each crop as FER+ framed it or, with probability `aligned`, as our alignment would; then
    mirrored, turned, scaled and shifted. At `extent` 1 the turn is 8 degrees (one sigma, at most
    twice that), the scale within 15 % and the shift within 8 % of the half width."""
    count = len(crops)
    base = torch.eye(3).repeat(count, 1, 1)
    ours = chance(count, aligned)
    base[ours, :2] = framing[ours]
    jitter = similarity(
        turn=torch.randn(count).clamp(-2, 2) * math.radians(8) * extent,
        scale=1 + uniform(count, -0.15, 0.15) * extent,
        shift=uniform(2 * count, -0.08, 0.08).view(count, 2) * extent,
        mirror=torch.where(torch.rand(count) < 0.5, -1.0, 1.0),
    )
    stretch = torch.ones(count, 1, 3)
    stretch[:, 0, 1] = 1 + uniform(count, -0.04, 0.04) * extent
    return warp(crops, (base @ jitter)[:, :2] * stretch)


def blur(crops: Tensor, sigma: float) -> Tensor:
    reach = max(1, math.ceil(2 * sigma))
    taps = torch.exp(-(torch.arange(-reach, reach + 1).float() ** 2) / (2 * sigma**2))
    taps /= taps.sum()
    padded = F.pad(crops, (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(F.conv2d(padded, taps.view(1, 1, 1, -1)), taps.view(1, 1, -1, 1))


def smaller(crops: Tensor, pixels: int) -> Tensor:
    """A face of `pixels` in the camera's picture, brought to the size of the crop."""
    small = F.interpolate(crops, size=(pixels, pixels), mode="area")
    return F.interpolate(small, size=crops.shape[2:], mode="bilinear", align_corners=False)


def light_from_side(crops: Tensor, dark: Tensor, direction: Tensor, softness: Tensor) -> Tensor:
    """Light falls off across the face: `dark` is the gain on the far side, `direction` an angle,
    `softness` the width of the border in half widths."""
    height, width = crops.shape[2:]
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij"
    )
    along = x * direction.cos().view(-1, 1, 1) + y * direction.sin().view(-1, 1, 1)
    lit = torch.sigmoid(along / softness.view(-1, 1, 1))[:, None]
    dark = dark.view(-1, 1, 1, 1)
    return crops * (dark + (1 - dark) * lit)


def compress(crops: Tensor, qualities: Tensor) -> Tensor:
    """Each crop written as JPEG of that quality and read again."""
    written = crops.clamp(0, 255).to(torch.uint8).numpy()
    read = np.empty_like(written)
    for index, quality in enumerate(qualities.tolist()):
        file = io.BytesIO()
        Image.fromarray(written[index, 0]).save(file, "JPEG", quality=int(quality))
        read[index, 0] = np.asarray(Image.open(file))
    return torch.from_numpy(read).float()


def add_noise(crops: Tensor, most: float = 40.0) -> Tensor:
    """Noise of up to `most` grey levels (sigma): three in five white, one as of few photons, where
    bright places have more of it, and one blurred, as in a small face that was enlarged."""
    count, _, height, width = crops.shape
    sigma = uniform(count, 0.15 * most, most).view(-1, 1, 1, 1)
    noise = torch.randn(crops.shape)
    kind = torch.rand(count)
    photons = torch.nonzero(kind < 0.2)[:, 0]
    noise[photons] *= (crops[photons].clamp(min=4) / MIDDLE_GREY).sqrt()
    blurred = torch.nonzero(kind > 0.8)[:, 0]
    if len(blurred):
        pixels = int(torch.randint(22, 44, ()).item())
        coarse = torch.randn(len(blurred), 1, pixels, pixels)
        coarse = F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
        noise[blurred] = coarse
    return (crops + sigma * noise).clamp(0, 255)


def degrade(crops: Tensor, strength: float, noise: bool = True) -> Tensor:
    """Faults of webcams, each in a share of the pictures that grows with `strength` (0 to 1)."""
    count = len(crops)
    crops = crops.clone()
    mean = crops.mean((2, 3), keepdim=True)
    contrast = uniform(count, 0.7, 1.3).view(-1, 1, 1, 1)
    brightness = uniform(count, -30, 30).view(-1, 1, 1, 1)
    crops = ((crops - mean) * contrast + mean + brightness).clamp(0, 255)

    chosen = chance(count, 0.25 * strength)
    if len(chosen):
        gamma = torch.exp(uniform(len(chosen), -0.6, 0.6)).view(-1, 1, 1, 1)
        crops[chosen] = 255 * (crops[chosen] / 255) ** gamma
    chosen = chance(count, 0.35 * strength)
    if len(chosen):
        crops[chosen] = light_from_side(
            crops[chosen],
            dark=uniform(len(chosen), 0.15, 0.8),
            direction=uniform(len(chosen), 0, 2 * math.pi),
            softness=uniform(len(chosen), 0.05, 0.6),
        )
    chosen = chance(count, 0.3 * strength)
    if len(chosen):
        crops[chosen] = smaller(crops[chosen], int(torch.randint(18, 41, ()).item()))
    chosen = chance(count, 0.2 * strength)
    if len(chosen):
        crops[chosen] = blur(crops[chosen], uniform(1, 0.4, 1.2).item())
    chosen = chance(count, 0.35 * strength if noise else 0.0)
    if len(chosen):
        sigma = uniform(len(chosen), 3, 30).view(-1, 1, 1, 1)
        crops[chosen] += torch.randn(len(chosen), *crops.shape[1:]) * sigma
    chosen = chance(count, 0.15 * strength)
    if len(chosen):
        crops[chosen] = compress(crops[chosen], torch.randint(20, 80, (len(chosen),)))
    return crops.clamp(0, 255)


def cut_out(crops: Tensor, probability: float = 0.25) -> Tensor:
    """A grey square over part of the face, as a hand or a cup would be."""
    count, _, height, width = crops.shape
    middle = torch.rand(2, count, 1, 1) * torch.tensor([height, width]).view(2, 1, 1, 1)
    reach = torch.randint(4, 9, (count, 1, 1))
    rows, columns = torch.arange(height).view(1, -1, 1), torch.arange(width).view(1, 1, -1)
    inside = ((rows - middle[0]).abs() < reach) & ((columns - middle[1]).abs() < reach)
    inside &= (torch.rand(count) < probability).view(-1, 1, 1)
    return crops.masked_fill(inside[:, None], MIDDLE_GREY)
