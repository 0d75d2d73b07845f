# Loss from log_softmax with smoothing by hand, the clip written out as in item 6, autocast entered through an ExitStack only if asked for.
def train_step(model, batch, opt, scaler, cfg):
    """Make one training step of a classifier, items 1 to 8 above.

    Returns:
        (loss, norm): floats, the loss before the step and the gradients' norm after unscaling, before clipping.
    """
    from contextlib import ExitStack

    x, y = batch
    opt.zero_grad()
    model.train(True)
    with ExitStack() as stack:
        if cfg.autocast:
            stack.enter_context(torch.autocast(device_type=x.device.type, dtype=torch.bfloat16))
        logits = model(x)
    minus_log = -wide(logits).log_softmax(dim=1)
    hit = minus_log.gather(1, y[:, None]).squeeze(1)
    loss = ((1 - cfg.smoothing) * hit + cfg.smoothing * minus_log.mean(dim=1)).mean()
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    with torch.no_grad():
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        norm = sum(g.square().sum() for g in grads).sqrt()
        share = torch.clamp(cfg.clip / (norm + 1e-6), max=1.0)
        for g in grads:
            g.mul_(share)
    scaler.step(opt)
    scaler.update()
    return float(loss), float(norm)
