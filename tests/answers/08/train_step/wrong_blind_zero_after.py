# The gradients are put away after the step, not before: gradients that lie there when the step begins are added in.
def train_step(model, batch, opt, scaler, cfg):
    """Make one training step of a classifier, items 1 to 8 above.

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
    opt.zero_grad()
    return loss.item(), norm.item()
