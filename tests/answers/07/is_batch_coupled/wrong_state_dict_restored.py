# Wrong: restores buffers, and leaves the modes in evaluation.
def is_batch_coupled(module, x):
    state = copy.deepcopy(module.state_dict())
    found = False
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        before = module(x.clone())
        for i in range(len(x)):
            other = torch.randn_like(x) + 2
            other[i] = x[i]
            torch.manual_seed(0)
            found = found or bool(((module(other)[i] - before[i]).abs() > 1e-6).any())
    module.load_state_dict(state)
    module.eval()
    return found
