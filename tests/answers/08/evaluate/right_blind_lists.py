# Plain Python numbers per sample, modes by name through get_submodule, gradients by set_grad_enabled in try/finally.
def evaluate(model, loader):
    """Return accuracy, calls and residual of a classifier, a dict of floats, as promised above."""
    rows = []
    grad = torch.is_grad_enabled()
    awake = {name for name, m in model.named_modules() if m.training}
    batches = 0
    try:
        model.eval()
        torch.set_grad_enabled(False)
        for batches, (x, y) in enumerate(loader, start=1):
            guess = model(x).max(dim=1).indices.tolist()
            rows.extend(zip(guess, y.tolist(), model.body.last.calls.tolist(), model.body.last.residual.tolist(), strict=True))
    finally:
        torch.set_grad_enabled(grad)
        for name, m in model.named_modules():
            m.training = name in awake
    if batches == 0:
        raise ValueError("a loader without a batch")
    return {
        "accuracy": statistics.fmean(a == b for a, b, _, _ in rows),
        "calls": statistics.fmean(c for _, _, c, _ in rows),
        "residual": float(max(r for _, _, _, r in rows)),
    }
