# right: no copy of the module, cloned parameters and buffers swapped in; the generator's state put back by hand
def is_batch_coupled(module, x):
    state = torch.get_rng_state()
    gen = torch.Generator().manual_seed(7)
    spread = x.detach().abs().max().clamp(min=1.0)

    @torch.no_grad()
    def output(rows):
        torch.set_rng_state(state)
        own = {k: t.detach().clone() for k, t in [*module.named_parameters(), *module.named_buffers()]}
        return torch.func.functional_call(module, own, (rows.detach().clone(),)).detach().clone()

    def agree(a, b):
        scale = max(a.abs().max().item(), b.abs().max().item())
        return torch.allclose(a, b, rtol=0.0, atol=1e3 * torch.finfo(a.dtype).eps * scale)

    try:
        before = output(x)
        keep = torch.eye(len(x), dtype=torch.bool).view(len(x), len(x), *[1] * (x.dim() - 1))
        for trial in range(3):
            fresh = 2 * spread * (torch.rand(x.shape, generator=gen, dtype=x.dtype) - 0.4)
            for i, mine in enumerate(keep):
                if not agree(output(torch.where(mine, x.detach(), fresh))[i], before[i]):
                    return True
        return False
    finally:
        torch.set_rng_state(state)
