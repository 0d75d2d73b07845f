# The modes are put back with m.train(mode), which goes down into children: a module that two parents share ends in the mode of the second parent.
def evaluate(model, loader):
    """Return accuracy, calls and residual of a classifier, a dict of floats, as promised above."""
    modes = {m: m.training for m in model.modules()}
    n, right, calls, worst = 0, 0, 0, float("-inf")
    try:
        model.eval()
        with torch.no_grad():
            for x, y in loader:
                right += (model(x).argmax(1) == y).sum().item()
                calls += model.body.last.calls.sum().item()
                worst = max(worst, model.body.last.residual.max().item())
                n += len(y)
    finally:
        for m, mode in modes.items():
            m.train(mode)
    if n == 0:
        raise ValueError("the loader gave no batch")
    return {"accuracy": right / n, "calls": calls / n, "residual": worst}
