# The dtype is not passed on: autocast uses its device's default, bfloat16 on the CPU.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is."""
    def half(z, *args):
        with torch.autocast(z.device.type):
            out = f(z, *args)
        return out.to(z.dtype)

    return half
