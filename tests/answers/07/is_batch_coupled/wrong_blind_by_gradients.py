# violates: "whether some sample's output changes when the other samples of the batch are replaced" (a derivative at x is not a replacement)
def is_batch_coupled(module, x):
    gen = torch.Generator().manual_seed(0)
    at = x.detach().clone().requires_grad_()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        out = copy.deepcopy(module)(at.clone())
    if not out.requires_grad:
        return False
    weights = torch.randn(out.shape[1:], dtype=out.dtype, generator=gen)
    for i in range(len(x)):
        (slope,) = torch.autograd.grad((weights * out[i]).sum(), at, retain_graph=True, allow_unused=True)
        if slope is None:
            continue
        size = slope.flatten(1).abs().amax(1) if slope.dim() > 1 else slope.abs()
        others = torch.arange(len(x)) != i
        if size[others].max() > 1e-9 * size.max():
            return True
    return False
