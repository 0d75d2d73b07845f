# Gradients come from torch.autograd.grad and are put into .grad by hand (None where unused); no call of zero_grad or backward.
def train_step(model, batch, opt, scaler, cfg):
    """Make one training step of a classifier, items 1 to 8 above.

    Returns:
        (loss, norm): floats, the loss before the step and the gradients' norm after unscaling, before clipping.
    """
    x, y = batch
    model.train()
    params = [p for p in model.parameters()]
    trained = [p for p in params if p.requires_grad]
    for p in params:
        p.grad = None
    if cfg.autocast:
        with torch.autocast(x.device.type, torch.bfloat16):
            logits = model(x)
    else:
        logits = model(x)
    loss = nn.CrossEntropyLoss(label_smoothing=cfg.smoothing)(wide(logits), y)
    for p, g in zip(trained, torch.autograd.grad(scaler.scale(loss), trained, allow_unused=True), strict=True):
        p.grad = g
    scaler.unscale_(opt)
    norm = nn.utils.clip_grad_norm_(trained, cfg.clip)
    scaler.step(opt)
    scaler.update()
    return loss.detach().item(), norm.item()
