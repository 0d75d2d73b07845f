class ConvCell(nn.Module):
    def __init__(self, channels, groups=8, std=0.01):
        if not (channels >= 1 and groups >= 1 and channels % groups == 0 and std >= 0):
            raise ValueError("channels, groups or std")
        super().__init__()
        self.norm2 = nn.GroupNorm(groups, channels)
        self.norm1 = nn.GroupNorm(groups, channels)
        for name in ("conv2", "conv1"):
            conv = nn.Conv2d(channels, channels, kernel_size=(3, 3), padding="same", bias=False)
            with torch.no_grad():
                conv.weight.copy_(std * torch.randn(channels, channels, 3, 3))
            self.add_module(name, conv)

    def forward(self, z, u):
        h = self.conv1(z)
        h = self.norm1(h).clamp_min(0)
        h = self.norm2(self.conv2(h) + u)
        return torch.maximum(h, torch.zeros_like(h))
