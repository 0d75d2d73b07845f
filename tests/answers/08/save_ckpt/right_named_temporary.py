def save_ckpt(path, model, opt, scaler, gen, step):
    path = Path(path)
    everything = [step, model.state_dict(), opt.state_dict(), scaler.state_dict(), gen.get_state(), torch.random.get_rng_state()]
    fd, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            torch.save(everything, file)
            file.flush()
            os.fsync(fd)
        os.rename(name, path)
    except BaseException:
        os.remove(name)
        raise


def load_ckpt(path, model, opt, scaler, gen):
    step, a, b, c, d, e = torch.load(str(path), weights_only=True)
    model.load_state_dict(a)
    opt.load_state_dict(b)
    scaler.load_state_dict(c)
    gen.set_state(d)
    torch.random.set_rng_state(e)
    return int(step)
