# The old gradients are not cleared.
def train_step(model, batch, opt, scaler, cfg):
    """Make one training step of a classifier, items 1 to 8 above.

    Args:
        model: maps x (B, ...) to logits (B, classes); left in training mode. Parameters may be frozen or unused.
        batch: (x, y), y (B,) the class numbers, int64.
        opt: optimiser of the model's parameters. Call its methods without arguments.
        scaler: torch.amp.GradScaler, on or off.
        cfg: a StepConfig. Under autocast (bfloat16, x's device) runs the forward pass alone.

    Returns:
        (loss, norm): floats, the loss before the step and the gradients' norm after unscaling, before clipping.
    """
    x, y = batch
    model.train()
    with torch.autocast(x.device.type, torch.bfloat16, enabled=cfg.autocast):
        logits = model(x)
    loss = F.cross_entropy(wide(logits), y, label_smoothing=cfg.smoothing)
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    norm = nn.utils.clip_grad_norm_(model.parameters(), cfg.clip)
    scaler.step(opt)
    scaler.update()
    return loss.item(), norm.item()
