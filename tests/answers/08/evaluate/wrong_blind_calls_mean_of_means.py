# The calls are a mean of batch means.
def evaluate(model, loader):
    """Return accuracy, calls and residual of a classifier, a dict of floats, as promised above."""
    modes = {m: m.training for m in model.modules()}
    n, batches, right, calls, worst = 0, 0, 0, 0, float("-inf")
    try:
        model.eval()
        with torch.no_grad():
            for x, y in loader:
                right += (model(x).argmax(1) == y).sum().item()
                calls += model.body.last.calls.double().mean().item()
                batches += 1
                worst = max(worst, model.body.last.residual.max().item())
                n += len(y)
    finally:
        for m, mode in modes.items():
            m.training = mode
    if n == 0:
        raise ValueError("the loader gave no batch")
    return {"accuracy": right / n, "calls": calls / batches, "residual": worst}
