# right: copies, the same seed for both runs, each i, replacements of three sizes
def is_batch_coupled(module, x):
    x = x.detach()
    noise = torch.Generator().manual_seed(1234)

    def run(batch):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(99)
            return copy.deepcopy(module)(batch.clone()).clone()

    base = run(x)
    for i in range(len(x)):
        for size in (0.3, 1.0, 30.0):
            other = size * torch.randn(x.shape, generator=noise, dtype=x.dtype) + (size - 0.5)
            other[i] = x[i]
            out = run(other)
            scale = torch.maximum(base[i].abs().max(), out[i].abs().max())
            if (out[i] - base[i]).abs().max() > math.sqrt(torch.finfo(out.dtype).eps) * scale:
                return True
    return False
