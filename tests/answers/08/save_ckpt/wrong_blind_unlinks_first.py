# The old file is deleted before the new one takes its name: if the rename fails, or the process ends between, there is none.
def save_ckpt(path, model, opt, scaler, gen, step):
    """Write into the file `path` what the next step depends on, promises 1 to 3 above. Changes nothing."""
    part = Path(f"{path}.part")
    state = {
        "model": model.state_dict(),
        "opt": opt.state_dict(),
        "scaler": scaler.state_dict(),
        "gen": gen.get_state(),
        "torch": torch.get_rng_state(),
        "step": step,
    }
    try:
        torch.save(state, part)
        Path(path).unlink(missing_ok=True)
        os.rename(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_ckpt(path, model, opt, scaler, gen):
    """Put what save_ckpt wrote back into its place, promise 4 above; return the step, an int."""
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    scaler.load_state_dict(state["scaler"])
    gen.set_state(state["gen"])
    torch.set_rng_state(state["torch"])
    return state["step"]
