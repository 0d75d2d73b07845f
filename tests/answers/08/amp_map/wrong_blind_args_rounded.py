# The further arguments are rounded to the half type before f sees them.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is."""
    def half(z, *args):
        with torch.autocast(z.device.type, dtype):
            out = f(z, *(a.to(dtype) if torch.is_tensor(a) and a.is_floating_point() else a for a in args))
        return out.to(z.dtype)

    return half
