# Loss and backward run under autocast as well, not the forward pass alone.
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
    norm = nn.utils.clip_grad_norm_(model.parameters(), cfg.clip)
    scaler.step(opt)
    scaler.update()
    return loss.item(), norm.item()
