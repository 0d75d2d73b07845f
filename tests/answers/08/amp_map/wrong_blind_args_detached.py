# The further arguments are detached: no gradient flows to them.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is."""
    def half(z, *args):
        with torch.autocast(z.device.type, dtype):
            out = f(z, *(a.detach() if torch.is_tensor(a) else a for a in args))
        return out.to(z.dtype)

    return half
