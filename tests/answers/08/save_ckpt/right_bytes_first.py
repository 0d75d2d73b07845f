import io

def save_ckpt(path, model, opt, scaler, gen, step):
    buffer = io.BytesIO()
    torch.save({"m": model.state_dict(), "o": opt.state_dict(), "s": scaler.state_dict(), "g": gen.get_state(), "r": torch.get_rng_state(), "n": torch.tensor(step)}, buffer)
    new = Path(path).parent / ("." + Path(path).name)
    try:
        new.write_bytes(buffer.getvalue())
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)


def load_ckpt(path, model, opt, scaler, gen):
    kept = torch.load(io.BytesIO(Path(path).read_bytes()), weights_only=True)
    for key, part in {"m": model, "o": opt, "s": scaler}.items():
        part.load_state_dict(kept[key])
    torch.set_rng_state(kept["r"])
    gen.set_state(kept["g"])
    return kept["n"].item()
