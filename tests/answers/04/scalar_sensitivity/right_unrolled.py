# Right: autograd through all 1,000 steps, entry by entry in one backward pass.
def scalar_sensitivity(a, b):
    knob, z = a.detach().clone().requires_grad_(), torch.zeros_like(b)
    for _ in range(1000):
        z = torch.tanh(knob * z + b)
    return torch.autograd.grad(z.sum(), knob)[0]
