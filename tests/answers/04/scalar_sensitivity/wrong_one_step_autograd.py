# Wrong: autograd through one call at the equilibrium.
def scalar_sensitivity(a, b):
    z = torch.zeros_like(b)
    for _ in range(1000):
        z = torch.tanh(a * z + b)
    knob = a.clone().requires_grad_()
    return torch.autograd.grad(torch.tanh(knob * z + b).sum(), knob)[0]
