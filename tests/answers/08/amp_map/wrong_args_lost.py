# The further arguments are not handed on.
def amp_map(f, dtype):
    """Make a map that computes f in half precision, for a solver whose state stays as it is.

    Args:
        f: map, called as f(z, *args[:1]); returns a tensor of z's shape.
        dtype: torch.bfloat16 or torch.float16.

    Returns:
        A function of (z, *args). It calls f once, with the same z and args, unrounded, under autocast to `dtype` on z's
        device, and returns f's value in z's dtype. Autocast is afterwards as it was before. Gradients flow to z,
        args, and whatever f uses. (Of float64 tensors autocast leaves products alone: try it in float32.)
    """
    def half(z, *args):
        with torch.autocast(z.device.type, dtype):
            return f(z, *args[:1]).to(z.dtype)
    return half
