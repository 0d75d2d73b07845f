# The state is pickled into memory first, the bytes go to a mkstemp file in the same folder, are synced, and os.replace puts them in place; an ExitStack cleans up.
def save_ckpt(path, model, opt, scaler, gen, step):
    """Write into the file `path` what the next step depends on, promises 1 to 3 above. Changes nothing."""
    import contextlib
    import io

    parts = {"model": model, "opt": opt, "scaler": scaler}
    state = {name: part.state_dict() for name, part in parts.items()}
    state.update(gen=gen.get_state(), rng=torch.random.get_rng_state(), step=int(step))
    memory = io.BytesIO()
    torch.save(state, memory)
    with contextlib.ExitStack() as stack:
        handle, name = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(path)))
        stack.callback(lambda: os.path.exists(name) and os.remove(name))
        with open(handle, "wb") as file:
            file.write(memory.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)


def load_ckpt(path, model, opt, scaler, gen):
    """Put what save_ckpt wrote back into its place, promise 4 above; return the step, an int."""
    with open(path, "rb") as file:
        state = torch.load(file, map_location="cpu", weights_only=True)
    for name, part in {"model": model, "opt": opt, "scaler": scaler}.items():
        part.load_state_dict(state[name])
    gen.set_state(state["gen"])
    torch.random.set_rng_state(state["rng"])
    return state["step"]
