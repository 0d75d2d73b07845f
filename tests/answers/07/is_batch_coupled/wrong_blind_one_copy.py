# violates: "whether for some i the output of sample i differs ... between x and a batch" and "It may hold running statistics" (the runs share them)
def is_batch_coupled(module, x):
    x, gen = x.detach(), torch.Generator().manual_seed(0)
    module = copy.deepcopy(module)

    def run(batch):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            return module(batch.clone())

    base = run(x)
    for i in range(len(x)):
        other = torch.randn(x.shape, dtype=x.dtype, generator=gen)
        other[i] = x[i]
        out = run(other)
        if (out[i] - base[i]).abs().max() > 1e-6 * torch.maximum(out[i].abs().max(), base[i].abs().max()):
            return True
    return False
