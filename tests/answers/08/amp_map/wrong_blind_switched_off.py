# Afterwards autocast is switched off, also where it was on before.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is."""
    def half(z, *args):
        with torch.autocast(z.device.type, dtype):
            out = f(z, *args)
        torch.set_autocast_enabled(z.device.type, False)
        return out.to(z.dtype)

    return half
