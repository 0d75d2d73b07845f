# relu is written as clamp(min=0) (same values; its gradient differs at exactly 0), the modules are registered in a loop with padding='same'.
class ConvCell(nn.Module):
    """The map z⁺ = relu(n₂(u + W₂ relu(n₁(W₁ z)))) of images z and u, as promised above."""

    def __init__(self, channels, groups=8, std=0.01):
        super().__init__()
        if min(channels, groups) < 1 or channels % groups or std != std or std < 0:
            raise ValueError(f"ConvCell({channels}, {groups}, {std}) makes no sense")
        for name in ("conv1", "conv2"):
            self.add_module(name, nn.Conv2d(channels, channels, (3, 3), padding="same", bias=False))
            self.get_submodule(name).weight.data.normal_(0.0, std)
        for name in ("norm1", "norm2"):
            self.add_module(name, nn.GroupNorm(groups, channels))

    def forward(self, z, u):
        """Return z⁺ for z and u (B, channels, H, W), each image by itself."""
        out = self.norm1(self.conv1(z)).clamp(min=0)
        out = self.conv2(out) + u
        return self.norm2(out).clamp(min=0)
