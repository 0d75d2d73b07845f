# Weights are made by skip_init and filled as std * randn, conv2 first; the forward pass is written with torch.nn.functional.
class ConvCell(nn.Module):
    """The map z⁺ = relu(n₂(u + W₂ relu(n₁(W₁ z)))) of images z and u, as promised above."""

    def __init__(self, channels, groups=8, std=0.01):
        if not (channels >= 1 and groups >= 1):
            raise ValueError("channels and groups are at least 1")
        if channels % groups:
            raise ValueError("groups must divide channels")
        if not std >= 0:
            raise ValueError("std must not be negative or NaN")
        super().__init__()
        for i in (2, 1):
            conv = nn.utils.skip_init(nn.Conv2d, channels, channels, kernel_size=3, padding=1, bias=False)
            with torch.no_grad():
                conv.weight.copy_(std * torch.randn(conv.weight.shape))
            setattr(self, f"conv{i}", conv)
            setattr(self, f"norm{i}", nn.GroupNorm(groups, channels))

    def forward(self, z, u):
        """Return z⁺ for z and u (B, channels, H, W), each image by itself."""
        def normed_relu(x, norm):
            return F.relu(F.group_norm(x, norm.num_groups, norm.weight, norm.bias, norm.eps))

        inner = normed_relu(F.conv2d(z, self.conv1.weight, padding=1), self.norm1)
        return normed_relu(F.conv2d(inner, self.conv2.weight, padding=1).add(u), self.norm2)
