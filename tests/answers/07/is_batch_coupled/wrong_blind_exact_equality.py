# violates: "differs, by more than rounding"
def is_batch_coupled(module, x):
    x, gen = x.detach(), torch.Generator().manual_seed(0)

    def run(batch):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            return copy.deepcopy(module)(batch.clone())

    base = run(x)
    for i in range(len(x)):
        other = torch.randn(x.shape, dtype=x.dtype, generator=gen)
        other[i] = x[i]
        out = run(other)
        if not torch.equal(out[i], base[i]):
            return True
    return False
