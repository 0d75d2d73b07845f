# violates: "a batch where x[i] stays in place and the others are replaced by something else" (replaces sample i+1 alone)
def is_batch_coupled(module, x):
    x, gen = x.detach(), torch.Generator().manual_seed(0)

    def run(batch):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            return copy.deepcopy(module)(batch.clone())

    base = run(x)
    for i in range(len(x)):
        other, j = x.clone(), (i + 1) % len(x)
        other[j] = torch.randn(x.shape[1:], dtype=x.dtype, generator=gen)
        out = run(other)
        if (out[i] - base[i]).abs().max() > 1e-6 * torch.maximum(out[i].abs().max(), base[i].abs().max()):
            return True
    return False
