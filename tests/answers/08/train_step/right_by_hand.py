def train_step(model, batch, opt, scaler, cfg):
    for p in model.parameters():
        p.grad = None
    model.train(True)
    context = torch.autocast(batch[0].device.type, dtype=torch.bfloat16) if cfg.autocast else torch.enable_grad()
    with context:
        logits = model(batch[0])
    logp = wide(logits).log_softmax(-1)
    picked = logp.gather(1, batch[1][:, None])[:, 0]
    loss = -((1 - cfg.smoothing) * picked + cfg.smoothing * logp.mean(1)).mean()
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    total = sum((g.double() ** 2).sum() for g in grads).sqrt()
    factor = min(1.0, cfg.clip / (total.item() + 1e-6))
    with torch.no_grad():
        for g in grads:
            g.mul_(factor)
    scaler.step(opt)
    scaler.update()
    return float(loss), float(total)
