# violates: "All is left as it was: x, the module's parameters, buffers" (buffers with persistent=False are in no state_dict)
def is_batch_coupled(module, x):
    x, gen = x.detach(), torch.Generator().manual_seed(0)
    state = {name: value.clone() for name, value in module.state_dict().items()}

    def run(batch):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            out = module(batch.clone())
            module.load_state_dict(state)
        return out

    base = run(x)
    for i in range(len(x)):
        other = torch.randn(x.shape, dtype=x.dtype, generator=gen)
        other[i] = x[i]
        out = run(other)
        if (out[i] - base[i]).abs().max() > 1e-6 * torch.maximum(out[i].abs().max(), base[i].abs().max()):
            return True
    return False
