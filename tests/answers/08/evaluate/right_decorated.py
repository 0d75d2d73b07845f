@torch.no_grad()
def evaluate(model, loader):
    import contextlib

    @contextlib.contextmanager
    def evaluating():
        training = {name: m.training for name, m in model.named_modules()}
        model.eval()
        try:
            yield
        finally:
            for name, m in model.named_modules():
                m.training = training[name]

    rows = []
    with evaluating():
        for x, y in loader:
            guess = torch.argmax(model(x), dim=-1)
            last = model.body.last
            rows += list(zip((guess == y).tolist(), last.calls.tolist(), last.residual.tolist()))
    if len(rows) < 1:
        raise ValueError("the loader is empty")
    a, b, c = zip(*rows)
    return dict(accuracy=sum(a) / len(a), calls=sum(b) / len(b), residual=max(c))
