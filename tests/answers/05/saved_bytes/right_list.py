# Right: all storages in a list, told apart by address at the end
def saved_bytes(fn):
    saved = []

    def pack(tensor):
        saved.append(tensor.detach())
        return saved[-1]

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        fn()
    return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in saved}.values())
