# autocast is used as a decorator of a thunk, made anew in each call.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is."""
    def mapped(*state_and_args):
        z = state_and_args[0]

        @torch.autocast(z.device.type, dtype)
        def thunk():
            return f(*state_and_args)

        return torch.as_tensor(thunk(), dtype=z.dtype)

    return mapped
