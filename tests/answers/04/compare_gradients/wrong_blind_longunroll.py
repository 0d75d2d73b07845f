# Violates: "with g right to 1e-9" (g is the gradient of an unroll of K + 100 steps).
def compare_gradients(cell, x, K):
    params = [p for p in cell.parameters() if p.requires_grad]
    joined = []
    z = torch.zeros_like(x)
    for _ in range(K + 100):
        z = cell(z, x)
        joined.append(z)
    grads = []
    for z in [*joined[:K], joined[-1]]:
        g = torch.autograd.grad(z.square().sum() / 2, params, retain_graph=True, materialize_grads=True)
        grads.append(torch.cat([t.flatten() for t in g]))
    *first, g = grads
    return torch.stack([(gk - g).norm() / g.norm() for gk in first])
