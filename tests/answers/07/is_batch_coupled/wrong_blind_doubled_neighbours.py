# violates: "the others are replaced by something else" (twice x is no other batch where x is 0; "its samples may all be equal")
def is_batch_coupled(module, x):
    x, gen = x.detach(), torch.Generator().manual_seed(0)

    def run(batch):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            return copy.deepcopy(module)(batch.clone())

    base = run(x)
    for i in range(len(x)):
        other = 2 * x
        other[i] = x[i]
        out = run(other)
        if (out[i] - base[i]).abs().max() > 1e-6 * torch.maximum(out[i].abs().max(), base[i].abs().max()):
            return True
    return False
