# Everything is collected and concatenated, the numbers are taken once at the end in float64; modes are kept by a context manager, gradients off by inference_mode.
def evaluate(model, loader):
    """Return accuracy, calls and residual of a classifier, a dict of floats, as promised above."""
    from contextlib import contextmanager

    @contextmanager
    def all_in_eval():
        modules = list(model.modules())
        were = [m.training for m in modules]
        try:
            yield model.eval()
        finally:
            for m, was in zip(modules, were, strict=True):
                m.training = was

    hits, calls, residuals = [], [], []
    with all_in_eval(), torch.inference_mode():
        for x, y in loader:
            logits = model(x)
            last = model.body.last
            hits.append(torch.eq(logits.argmax(dim=-1), y))
            calls.append(last.calls.clone())
            residuals.append(last.residual.clone())
    if not hits:
        raise ValueError("no batch in the loader")
    return {
        "accuracy": torch.cat(hits).double().mean().item(),
        "calls": torch.cat(calls).double().mean().item(),
        "residual": torch.cat(residuals).max().item(),
    }
