# Wrong: asks the gradient, which a detached mean does not show.
def is_batch_coupled(module, x):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        y = x.detach().clone().requires_grad_()
        out = copy.deepcopy(module)(y * 1.0)
        for i in range(len(x)):
            (g,) = torch.autograd.grad(out[i].square().sum(), y, retain_graph=True)
            rest = torch.cat([g[:i], g[i + 1 :]])
            if rest.norm() > 1e-9 * g.norm():
                return True
    return False
