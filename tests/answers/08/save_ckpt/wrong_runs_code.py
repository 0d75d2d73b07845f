# The file is read with weights_only=False: code in it runs.
def save_ckpt(path, model, opt, scaler, gen, step):
    """Write into the file `path` what the next step depends on, promises 1 to 3 above. Changes nothing."""
    state = {"model": model.state_dict(), "opt": opt.state_dict(), "scaler": scaler.state_dict(), "step": step}
    state |= {"gen": gen.get_state(), "global": torch.get_rng_state()}
    part = Path(f"{path}.part")
    try:
        torch.save(state, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_ckpt(path, model, opt, scaler, gen):
    """Put what save_ckpt wrote back into its place, promise 4 above; return the step, an int."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    for part, name in ((model, "model"), (opt, "opt"), (scaler, "scaler")):
        part.load_state_dict(state[name])
    gen.set_state(state["gen"])
    torch.set_rng_state(state["global"])
    return state["step"]
