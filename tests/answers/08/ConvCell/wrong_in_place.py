# The caller's z is changed by a relu in place.
class ConvCell(nn.Module):
    """The map z⁺ = relu(n₂(u + W₂ relu(n₁(W₁ z)))) of images z and u, as promised above."""

    def __init__(self, channels, groups=8, std=0.01):
        super().__init__()
        if channels < 1 or groups < 1 or channels % groups:
            raise ValueError(f"groups must divide channels, got {channels} channels in {groups} groups")
        if not std >= 0:
            raise ValueError(f"std must be at least 0, got {std}")
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.norm1, self.norm2 = (nn.GroupNorm(groups, channels) for _ in range(2))
        nn.init.normal_(self.conv1.weight, std=std)
        nn.init.normal_(self.conv2.weight, std=std)

    def forward(self, z, u):
        """Return z⁺ for z and u (B, channels, H, W), each image by itself."""
        inner = torch.relu(self.norm1(self.conv1(z.relu_() if not z.requires_grad else z)))
        return torch.relu(self.norm2(u + self.conv2(inner)))
