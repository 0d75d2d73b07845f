# A callable object instead of a nested function, autocast without its weight cache, type_as for the result.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is."""
    class Half:
        def __call__(self, z, *args):
            with torch.autocast(device_type=z.device.type, dtype=dtype, cache_enabled=False):
                return f(z, *args).type_as(z)

    return Half()
