# Gradients are on inside.
def evaluate(model, loader):
    """Return accuracy, calls and residual of a classifier, a dict of floats, as promised above."""
    modes = {module: module.training for module in model.modules()}
    right, calls, worst, count = 0, 0, 0.0, 0
    model.eval()
    try:
        if True:
            for x, y in loader:
                right += (model(x).argmax(1) == y).sum().item()
                calls += model.body.last.calls.sum().item()
                worst = max(worst, model.body.last.residual.max().item())
                count += len(y)
    finally:
        for module, mode in modes.items():
            module.training = mode
    if count == 0:
        raise ValueError("the loader gives no batch")
    return {"accuracy": right / count, "calls": calls / count, "residual": worst}
