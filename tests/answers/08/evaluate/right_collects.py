def evaluate(model, loader):
    kept = [(m, m.training) for m in model.modules()]
    hits, calls, left = [], [], []
    try:
        model.train(False)
        for x, y in loader:
            with torch.inference_mode():
                logits = model(x)
            hits.append(logits.max(dim=1).indices.eq(y).double())
            calls.append(model.body.last.calls.double())
            left.append(model.body.last.residual)
    finally:
        for m, was in kept:
            m.training = was
    if not hits:
        raise ValueError("no batch")
    return {"accuracy": torch.cat(hits).mean().item(), "calls": torch.cat(calls).mean().item(), "residual": float(torch.cat(left).max())}
