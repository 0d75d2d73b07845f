# A flat tuple instead of a dict, a hidden neighbour file, Path.rename instead of os.replace, clean-up by `except BaseException`.
def save_ckpt(path, model, opt, scaler, gen, step):
    """Write into the file `path` what the next step depends on, promises 1 to 3 above. Changes nothing."""
    path = Path(path)
    beside = path.parent / f".{path.name}.{os.getpid()}.new"
    try:
        with beside.open("wb") as file:
            torch.save((model.state_dict(), opt.state_dict(), scaler.state_dict(), gen.get_state(), torch.default_generator.get_state(), step), file)
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def load_ckpt(path, model, opt, scaler, gen):
    """Put what save_ckpt wrote back into its place, promise 4 above; return the step, an int."""
    weights, memory, scale, order, dropout, step = torch.load(path, weights_only=True)
    torch.default_generator.set_state(dropout)
    gen.set_state(order)
    scaler.load_state_dict(scale)
    opt.load_state_dict(memory)
    model.load_state_dict(weights)
    return int(step)
