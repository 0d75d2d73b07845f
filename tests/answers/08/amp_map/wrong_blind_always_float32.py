# The value is returned in float32, not in z's dtype.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is."""
    def half(z, *args):
        with torch.autocast(z.device.type, dtype):
            out = f(z, *args)
        return out.float()

    return half
