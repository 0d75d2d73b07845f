# Wrong: returns a tensor.
def is_batch_coupled(module, x):
    def run(batch):
        torch.manual_seed(0)  # the same masks each time
        return copy.deepcopy(module)(batch.clone())
    gen = torch.Generator().manual_seed(17)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        before = run(x)
        for i in range(len(x)):
            other = 3 * torch.randn(x.shape, dtype=x.dtype, generator=gen)
            other[i] = x[i]
            if (run(other)[i] - before[i]).norm() > 1e-6 * before[i].norm():
                return torch.tensor(True)
    return torch.tensor(False)
