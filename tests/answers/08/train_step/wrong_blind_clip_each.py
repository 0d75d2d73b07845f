# Each parameter's gradient is clipped by its own norm, not by the norm of all together (which is what is returned).
def train_step(model, batch, opt, scaler, cfg):
    """Make one training step of a classifier, items 1 to 8 above.

    Returns:
        (loss, norm): floats, the loss before the step and the gradients' norm after unscaling, before clipping.
    """
    x, y = batch
    model.train()
    opt.zero_grad()
    with torch.autocast(x.device.type, torch.bfloat16, enabled=cfg.autocast):
        logits = model(x)
    loss = F.cross_entropy(wide(logits), y, label_smoothing=cfg.smoothing)
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.stack([g.norm() for g in grads]).norm()
    for g in grads:
        g.mul_((cfg.clip / (g.norm() + 1e-6)).clamp(max=1.0))
    scaler.step(opt)
    scaler.update()
    return loss.item(), norm.item()
